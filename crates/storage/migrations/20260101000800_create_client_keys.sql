-- What the keys of clients have done, so that an act that is sent again is done once and answered as
-- before (expand). The answer is a code; the request is kept as a keyed digest, since one of a few plain
-- values could be guessed from a plain digest.

CREATE TABLE client_keys (
    actor_id uuid NOT NULL,
    client_key text NOT NULL,
    act text NOT NULL,
    request_index uuid NOT NULL,
    answer text NOT NULL,
    recorded_at timestamptz NOT NULL,
    CONSTRAINT client_keys_pkey PRIMARY KEY (actor_id, client_key),
    CONSTRAINT client_keys_client_key_check CHECK (client_key ~ '^[!-~]{1,64}$')
);

GRANT SELECT, INSERT ON client_keys TO gelombang_app;
