-- What happened to somebody's grants, appeals and complaints is told to her too (expand): the index of subjects that
-- are about one account or person gets theirs. Everything that it is asked for repeats its condition.
CREATE INDEX audit_events_own_subject_idx ON audit_events (subject)
    WHERE subject ~ '^(account|person|grant|appeal|complaint):';
DROP INDEX audit_events_subject_idx;
