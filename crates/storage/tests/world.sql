-- A small world in which every invariant holds; run as the owner of a fresh database.
-- Wave 1 is settled, 2 (a recovery wave) appointed with deadlines running, 3 drawn, 4 frozen, 5 open and
-- 6 cancelled. Families 101 and 112 have several members; wave 1 has no cap, the others a cap of two.
-- Person 8 of wave 1 has lost the place for cause, and person 20 of wave 2 got its seat by an appeal.
-- A grant is 1,000,000 for training, 2,400,000 in incentives and 150,000 for surveys.
SET search_path = gelombang, pg_temp;

CREATE FUNCTION pg_temp.person(number integer) RETURNS uuid LANGUAGE sql IMMUTABLE
    RETURN ('01900000-0000-7000-8000-' || lpad(number::text, 12, '0'))::uuid;

INSERT INTO region_versions VALUES ('test', '2020-01-01Z');
INSERT INTO regions (version, region, province, name, quota_weight, quota_weight_source) VALUES
    ('test', 15, 15, 'Jambi', NULL, NULL),
    ('test', 1501, 15, 'Kabupaten Kerinci', 1, 'test'),
    ('test', 1571, 15, 'Kota Jambi', 2, 'test'),
    ('test', 1572, 15, 'Kota Sungai Penuh', 1, 'test'),
    ('test', 52, 52, 'Nusa Tenggara Barat', NULL, NULL);
INSERT INTO policy_versions VALUES ('P', 'P', sha256('P'), '2020-01-01Z');
INSERT INTO officers VALUES
    (pg_temp.person(901), 'first', '2020-01-01Z'), (pg_temp.person(902), 'second', '2020-01-01Z');

INSERT INTO waves (wave, kind, policy_id, region_version, opens_at, closes_at, results_at, base_seats,
                   draw_key, state, opened_at, closed_at, frozen_at, drawn_at, appointed_at, settled_at,
                   cancelled_at)
SELECT wave, CASE WHEN wave = 2 THEN 'recovery' ELSE 'regular' END, 'P', 'test', day, day + '4 days',
       day + '7 days', base, 'key', state, day,
       CASE WHEN state <> 'open' THEN day + '4 days'::interval END,
       CASE WHEN wave <= 4 THEN day + '5 days'::interval END,
       CASE WHEN wave <= 3 THEN day + '6 days'::interval END,
       CASE WHEN wave <= 2 THEN day + '7 days'::interval END,
       CASE WHEN wave = 1 THEN day + '24 days'::interval END,
       CASE WHEN wave = 6 THEN day + '5 days'::interval END
FROM (
    SELECT wave, base, state, '2020-04-11Z'::timestamptz + wave * '60 days'::interval AS day
    FROM (VALUES
        (1, 8, 'settled'), (2, 0, 'appointed'), (3, 4, 'drawn'), (4, 2, 'frozen'), (5, 3, 'open'),
        (6, 3, 'cancelled')
    ) v (wave, base, state)
) w;
SELECT create_wave_partitions(wave) FROM waves;

CREATE TEMPORARY TABLE members (wave smallint, person integer, kk integer, region smallint, outcome text);
INSERT INTO members VALUES
    (1, 1, 101, 1501, 'selected'), (1, 2, 101, 1501, 'selected'), (1, 3, 101, 1501, 'selected'),
    (1, 4, 104, 1501, 'not_selected'), (1, 5, 105, 1501, 'not_selected'),
    (1, 6, 106, 1571, 'selected'), (1, 7, 107, 1571, 'selected'), (1, 8, 108, 1571, 'selected'),
    (1, 9, 109, 1571, 'selected'), (1, 10, 110, 1571, 'ineligible'),
    (2, 4, 104, 1501, 'selected'), (2, 11, 111, 1501, 'not_selected'),
    (2, 12, 112, 1571, 'selected'), (2, 13, 112, 1571, 'selected'), (2, 5, 105, 1571, 'not_selected'),
    (2, 20, 120, 1571, 'ineligible'),
    (3, 11, 111, 1501, 'selected'), (3, 14, 114, 1501, 'not_selected'), (3, 5, 105, 1571, 'selected'),
    (3, 15, 115, 1571, 'selected'), (3, 19, 112, 1571, 'household_cap'),
    (4, 14, 114, 1501, NULL), (4, 16, 116, 1501, 'ineligible'), (4, 17, 117, 1571, NULL),
    (5, 17, 117, 1571, NULL), (5, 18, 118, 1571, NULL), (6, 14, 114, 1501, NULL);
INSERT INTO persons
SELECT pg_temp.person(person), '2020-04-01Z', CASE WHEN person % 2 = 0 THEN 'man' ELSE 'woman' END::person_sex,
       'senior_high', 'job_seeker', 1501, 1995, false
FROM members GROUP BY person;
INSERT INTO memberships
SELECT w.opens_at + '1 hour', pg_temp.person(m.person), pg_temp.person(m.kk), p.sex,
       p.education, m.wave, m.region, 17 + m.person, decode(lpad(m.person::text, 32, '0'), 'hex'),
       '\x0000000000000000'
FROM members m
JOIN waves w ON w.wave = m.wave
JOIN persons p ON p.person_id = pg_temp.person(m.person);
INSERT INTO decisions
SELECT w.frozen_at, pg_temp.person(m.person), m.outcome::decision_outcome,
       CASE m.outcome WHEN 'not_selected' THEN
           row_number() OVER (PARTITION BY m.wave, m.region, m.outcome ORDER BY m.person) END,
       m.wave, CASE m.outcome WHEN 'ineligible' THEN 'citizenship' END
FROM members m JOIN waves w ON w.wave = m.wave
WHERE m.outcome IS NOT NULL;

INSERT INTO rolls
SELECT m.wave, count(*) FILTER (WHERE m.outcome IS DISTINCT FROM 'ineligible'), sha256(m.wave::text::bytea)
FROM members m WHERE m.wave <= 4 GROUP BY m.wave;
INSERT INTO quotas VALUES
    (1, 1501, 3, 0), (1, 1571, 5, 1), (2, 1501, 1, 0), (2, 1571, 2, 0), (3, 1501, 1, 0), (3, 1571, 3, 1),
    (4, 1501, 1, 0), (4, 1571, 1, 0);
INSERT INTO quota_pools SELECT wave, region, 0, 'open', seats - unfilled FROM quotas;
-- Wave 4 sets a seat apart; the draw of wave 3 says what it made of each pool, those before it do not yet.
INSERT INTO quota_classes VALUES (4, 0, 'women');
INSERT INTO quota_guarantees VALUES (4, 1501, 0, 0, 0, 1, 1, NULL);
INSERT INTO member_classes VALUES (4, pg_temp.person(17), 1, 1);
INSERT INTO roll_commitments VALUES (4, pg_temp.person(14), sha256('opening'), sha256('random'));
INSERT INTO draws
SELECT r.wave, 'TEST BEACON', true, r.wave, sha256('round'), sha256('seed' || r.wave::text::bytea), r.digest,
       sha256('result' || r.wave::text::bytea),
       (SELECT count(*) FROM members m WHERE m.wave = r.wave AND m.outcome = 'selected'), w.drawn_at
FROM rolls r JOIN waves w ON w.wave = r.wave WHERE r.wave <= 3;

INSERT INTO draw_pools SELECT wave, region, 0, seats - unfilled, 0, sha256('ticket') FROM quotas WHERE wave = 3;
UPDATE decisions SET pool = 0, guaranteed = false WHERE wave = 3 AND outcome = 'selected';

INSERT INTO decrees
SELECT pg_temp.person(920 + d.wave), 'SK/' || d.wave, d.wave, w.appointed_at::date, w.appointed_at,
       d.selected, d.selected * 3550000, d.result_digest
FROM draws d JOIN waves w ON w.wave = d.wave WHERE d.wave <= 2;
INSERT INTO beneficiaries (person_id, card_number, appointed_at, purchase_due_at, wave, region)
SELECT pg_temp.person(m.person), 8000000000000000 + m.wave * 1000 + m.person, w.appointed_at,
       w.appointed_at + '15 days', m.wave, m.region
FROM members m JOIN waves w ON w.wave = m.wave
WHERE m.wave <= 2 AND m.outcome = 'selected';
INSERT INTO household_slots
SELECT pg_temp.person(m.kk), pg_temp.person(m.person), m.wave,
       row_number() OVER (PARTITION BY m.kk ORDER BY m.person), CASE WHEN m.wave > 1 THEN 2 END
FROM members m WHERE m.wave <= 2 AND m.outcome = 'selected';

INSERT INTO training_orders
SELECT b.person_id, b.appointed_at + o.number * '1 day'::interval, 300000, b.wave, o.number
FROM beneficiaries b, generate_series(1, 2) o (number)
WHERE b.person_id = ANY (ARRAY[pg_temp.person(1), pg_temp.person(3), pg_temp.person(6), pg_temp.person(7),
                               pg_temp.person(8), pg_temp.person(12)])
  AND (o.number = 1 OR b.person_id = pg_temp.person(12));
UPDATE beneficiaries b SET state = 'active', activated_at = o.paid_at
FROM training_orders o WHERE o.person_id = b.person_id AND o.wave = b.wave AND o.order_no = 1;
UPDATE beneficiaries
SET state = 'revoked', revoked_at = purchase_due_at, revocation = 'purchase_deadline_missed'
WHERE wave = 1 AND state = 'appointed';
DELETE FROM household_slots s USING beneficiaries b
WHERE b.person_id = s.person_id AND b.state = 'revoked';
INSERT INTO seat_pool VALUES
    (1, 1501, 'revoked', 1, '2020-07-02Z', 2, NULL), (1, 1571, 'revoked', 1, '2020-07-02Z', 2, NULL),
    (1, 1571, 'unfilled', 1, '2020-06-15Z', 2, NULL), (3, 1571, 'unfilled', 1, '2020-10-13Z', NULL, NULL);

INSERT INTO transfers
SELECT w.frozen_at, q.seats * 3550000, '00000000-0000-0000-0000-000000000000', 'allocation', 'appropriation',
       'programme_fund', w.wave, 1
FROM waves w JOIN (SELECT wave, sum(seats) AS seats FROM quotas GROUP BY wave) q ON q.wave = w.wave;
CREATE TEMPORARY TABLE pieces (commitment transfer_reason, giving_back transfer_reason, account ledger_account,
                               amount bigint);
INSERT INTO pieces VALUES
    ('training_commitment', 'training_return', 'training_balance', 1000000),
    ('incentive_commitment', 'incentive_return', 'job_search_incentive', 2400000),
    ('survey_commitment', 'survey_return', 'survey_incentive', 150000);
INSERT INTO transfers
SELECT b.appointed_at, p.amount, b.person_id, p.commitment, 'programme_fund', p.account, b.wave, 1
FROM beneficiaries b, pieces p;
INSERT INTO transfers
SELECT b.revoked_at, p.amount, b.person_id, p.giving_back, p.account, 'programme_fund', b.wave, 1
FROM beneficiaries b, pieces p WHERE b.state = 'revoked';
INSERT INTO transfers
SELECT paid_at, price_rupiah, person_id, 'purchase', 'training_balance', 'platform_payable', wave, order_no
FROM training_orders;
INSERT INTO transfers
SELECT settled_at, 3 * 3550000, '00000000-0000-0000-0000-000000000000', 'fund_return', 'programme_fund',
       'state_treasury', wave, 1
FROM waves WHERE settled_at IS NOT NULL;

INSERT INTO audit_events
SELECT (lpad(to_hex((extract(epoch FROM s.at) * 1000)::bigint), 12, '0') || substr(md5(w.wave || s.state), 1, 20))::uuid,
       s.at, 'schedule', 'wave_' || s.state, 'wave:' || w.wave, NULL, s.state, 'test', 'test',
       '{}'
FROM waves w CROSS JOIN LATERAL (VALUES
    ('open', w.opened_at), ('closed', w.closed_at), ('frozen', w.frozen_at), ('drawn', w.drawn_at),
    ('appointed', w.appointed_at), ('settled', w.settled_at), ('cancelled', w.cancelled_at)
) s (state, at)
WHERE s.at IS NOT NULL;
INSERT INTO approvals
SELECT s.act, 'wave:' || w.wave, pg_temp.person(901), pg_temp.person(902), 'test', w.opens_at
FROM waves w CROSS JOIN LATERAL (VALUES
    ('publish_calendar', w.opens_at), ('publish_quota', w.frozen_at), ('draw', w.drawn_at),
    ('appoint', w.appointed_at), ('cancel', w.cancelled_at)
) s (act, at)
WHERE s.at IS NOT NULL;
-- One member of the open wave has taken the join back.
INSERT INTO withdrawals
SELECT wave, person_id, joined_at FROM memberships WHERE wave = 5 AND person_id = pg_temp.person(17);
-- A place lost for cause after the settlement: what was not spent goes through the fund to the treasury.
UPDATE beneficiaries SET state = 'revoked', revoked_at = '2020-08-01Z', revocation = 'proxy'
WHERE person_id = pg_temp.person(8);
DELETE FROM household_slots WHERE person_id = pg_temp.person(8);
INSERT INTO seat_pool VALUES (1, 1571, 'revoked', 1, '2020-08-01Z', NULL, NULL);
INSERT INTO transfers
SELECT '2020-08-01Z', p.amount - CASE p.account WHEN 'training_balance' THEN 300000 ELSE 0 END,
       pg_temp.person(8), p.giving_back, p.account, 'programme_fund', 1, 1
FROM pieces p;
INSERT INTO transfers VALUES
    ('2020-08-01Z', 3250000, '00000000-0000-0000-0000-000000000000', 'fund_return', 'programme_fund',
     'state_treasury', 1, 2);
INSERT INTO approvals VALUES
    ('revoke', 'grant:1:' || pg_temp.person(8), pg_temp.person(901), pg_temp.person(902), 'test',
     '2020-08-01Z');
-- An appeal that was granted, on that seat.
INSERT INTO appeals VALUES
    (pg_temp.person(950), 2, pg_temp.person(20), 'register_wrong', '2020-08-20Z', '2020-09-03Z', 'granted',
     '2020-08-25Z');
INSERT INTO beneficiaries (person_id, card_number, appointed_at, purchase_due_at, wave, region) VALUES
    (pg_temp.person(20), 8000000000002020, '2020-08-25Z', '2020-09-09Z', 2, 1571);
INSERT INTO household_slots VALUES (pg_temp.person(120), pg_temp.person(20), 2, 1, 2);
INSERT INTO corrections VALUES
    (2, pg_temp.person(20), pg_temp.person(950), 1571, 'SK/2/K1', 3550000, '2020-08-25Z', 1, 'revoked',
     '2020-08-01Z');
INSERT INTO transfers VALUES
    ('2020-08-25Z', 3550000, '00000000-0000-0000-0000-000000000000', 'allocation', 'appropriation',
     'programme_fund', 2, 2);
INSERT INTO transfers
SELECT '2020-08-25Z', p.amount, pg_temp.person(20), p.commitment, 'programme_fund', p.account, 2, 1
FROM pieces p;
INSERT INTO approvals VALUES
    ('answer_appeal', 'appeal:' || pg_temp.person(950), pg_temp.person(901), pg_temp.person(902), 'test',
     '2020-08-25Z');
