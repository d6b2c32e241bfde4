-- Files on their way in (expand). The checked rows of a file wait here, sealed, until all of it was read, so
-- that a killed import goes on where it stopped and a file with a bad row changes nothing. A chunk is some
-- thousand rows in one sealed text: nothing personal stands in clear, and removing them costs next to nothing.

CREATE TABLE imports (
    import_id uuid PRIMARY KEY,
    file_sha256 bytea NOT NULL,
    kind text NOT NULL,
    wave smallint,
    state text NOT NULL DEFAULT 'staging',
    started_at timestamptz NOT NULL,
    finished_at timestamptz,
    rows_read bigint NOT NULL DEFAULT 0,
    rows_done bigint NOT NULL DEFAULT 0,
    rows_known bigint NOT NULL DEFAULT 0,
    rows_bad bigint NOT NULL DEFAULT 0,
    CONSTRAINT imports_file_key UNIQUE NULLS NOT DISTINCT (file_sha256, kind, wave),
    CONSTRAINT imports_kind_check CHECK (kind IN ('persons', 'joins', 'purchases')),
    CONSTRAINT imports_wave_check CHECK ((wave IS NULL) = (kind = 'persons')),
    CONSTRAINT imports_state_check CHECK (state IN ('staging', 'applying', 'finished')),
    CONSTRAINT imports_finished_check CHECK ((state = 'finished') = (finished_at IS NOT NULL)),
    CONSTRAINT imports_sha256_check CHECK (length(file_sha256) = 32)
);

-- keys, client_ids and lines have one element a row of the file, NULL where the row is bad: what may stand
-- once only in the file, and the line it stands on.
CREATE TABLE import_chunks (
    import_id uuid NOT NULL REFERENCES imports,
    chunk integer NOT NULL,
    first_row bigint NOT NULL,
    end_row bigint NOT NULL,
    end_line bigint NOT NULL,
    end_offset bigint NOT NULL,
    keys uuid[] NOT NULL,
    client_ids uuid[] NOT NULL,
    lines bigint[] NOT NULL,
    sealed bytea NOT NULL,
    applied boolean NOT NULL DEFAULT false,
    rows_done bigint NOT NULL DEFAULT 0,
    rows_known bigint NOT NULL DEFAULT 0,
    CONSTRAINT import_chunks_pkey PRIMARY KEY (import_id, chunk)
);
-- Sealed bytes and blind indexes do not compress: trying costs time and gains nothing.
ALTER TABLE import_chunks
    ALTER COLUMN sealed SET STORAGE EXTERNAL,
    ALTER COLUMN keys SET STORAGE EXTERNAL,
    ALTER COLUMN client_ids SET STORAGE EXTERNAL;

-- What is wrong with a cell, or with the row as a whole where column_name is empty; never what it says.
CREATE TABLE import_faults (
    import_id uuid NOT NULL REFERENCES imports,
    row_number bigint NOT NULL,
    line_number bigint NOT NULL,
    column_name text NOT NULL,
    rule text NOT NULL,
    message text NOT NULL,
    CONSTRAINT import_faults_pkey PRIMARY KEY (import_id, row_number, column_name)
);

GRANT SELECT, INSERT, DELETE ON imports, import_chunks, import_faults TO gelombang_app;
GRANT UPDATE (state, finished_at, rows_read, rows_done, rows_known, rows_bad) ON imports TO gelombang_app;
GRANT UPDATE (applied, rows_done, rows_known) ON import_chunks TO gelombang_app;
