-- Where a member's code goes (expand): whoever corrects a number at once is told that the code went elsewhere, and codes to
-- one number or address are counted whichever accounts ask for them, in a row that its keyed index owns.

ALTER TABLE codes ADD COLUMN target_index uuid;

GRANT UPDATE (target_index) ON codes TO gelombang_app;
