-- Reminders go by each person's own deadline (expand). Neither column ever changes, so a purchase or a revocation
-- stays within its page. The index of the wave alone has nothing that this one has not.
CREATE INDEX beneficiaries_wave_purchase_due_at_idx ON beneficiaries (wave, purchase_due_at);
DROP INDEX beneficiaries_wave_idx;
