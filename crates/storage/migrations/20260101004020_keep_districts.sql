-- The kecamatan of the family card (expand): six digits of which the first four are the kabupaten/kota, as stated in the
-- portal. Nobody else states one, and no draw goes by it, so it may be missing.

ALTER TABLE persons ADD COLUMN district integer;
-- Checked for new rows at once and for none before them, which have no district.
ALTER TABLE persons ADD CONSTRAINT persons_district_check CHECK (district / 100 = region) NOT VALID;

GRANT UPDATE (district) ON persons TO gelombang_app;
