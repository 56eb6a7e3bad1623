-- Synthetic leads: :leads open ones, and a sixth as many won or lost.
-- Indexes and the link to the score row are taken off while loading.

SELECT setseed(0.19);

CREATE TABLE bench_index AS
SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS definition
  FROM pg_index
 WHERE indrelid = 'crm_lead'::regclass AND NOT indisprimary;
SELECT format('DROP INDEX %s', name) FROM bench_index \gexec
ALTER TABLE crm_lead DROP CONSTRAINT crm_lead_score_id_fkey;

CREATE TABLE bench_place AS
SELECT row_number() OVER () - 1 AS n, country.id AS country_id, state.id AS state_id,
       place.city
  FROM (VALUES ('US', 'NY', 'New York'), ('US', 'CA', 'San Francisco'),
               ('GB', '', 'London'), ('BE', '', 'Brussels'), ('DE', 'BE', 'Berlin'),
               ('FR', '', 'Paris'), ('US', 'IL', 'Chicago'), ('NL', '', 'Amsterdam'),
               ('BE', '', 'Antwerp'), ('VN', '', 'Hanoi'), ('UA', '', 'Kyiv'),
               ('IN', 'MH', 'Mumbai'), ('DE', 'BY', 'Munich'), ('ES', 'M', 'Madrid'),
               ('IT', 'MI', 'Milan'), ('US', 'CA', 'Los Angeles'), ('', '', NULL),
               ('GB', '', 'Manchester'), ('IN', 'KA', 'Bengaluru'), ('BE', '', 'Ghent'),
               ('VN', '', 'Ho Chi Minh City'), ('PL', '', 'Warsaw'),
               ('BR', 'SP', 'Sao Paulo'), ('CA', 'ON', 'Toronto'), ('UA', '', 'Lviv'),
               ('AU', 'NSW', 'Sydney'), ('FR', '', 'Lyon'), ('SE', '', 'Stockholm'),
               ('CH', '', 'Zurich'), ('MX', '', 'Mexico City'), ('JP', '', 'Tokyo'),
               ('ZA', '', 'Cape Town')
       ) AS place (country, state, city)
  LEFT JOIN res_country country ON country.code = place.country
  LEFT JOIN res_country_state state
         ON state.country_id = country.id AND state.code = place.state;

-- Arrays to pick from: the further right, the rarer.
CREATE TABLE bench_pick AS
SELECT (SELECT array_agg(id ORDER BY id) FROM crm_team WHERE active) AS teams,
       (SELECT array_agg(id ORDER BY id) FROM res_users WHERE login LIKE 'bench%') AS users,
       (SELECT array_agg(id ORDER BY id) FROM res_company) AS companies,
       (SELECT array_agg(id ORDER BY sequence) FROM crm_stage WHERE is_won IS NOT TRUE) AS stages,
       (SELECT id FROM crm_stage WHERE is_won LIMIT 1) AS won_stage,
       (SELECT array_agg(id ORDER BY id) FROM utm_source) AS sources,
       (SELECT array_agg(id ORDER BY id) FROM utm_medium) AS mediums,
       (SELECT array_agg(id ORDER BY id) FROM utm_campaign) AS campaigns,
       (SELECT array_agg(id ORDER BY id) FROM crm_tag) AS tags,
       (SELECT id FROM res_lang WHERE active LIMIT 1) AS lang,
       ARRAY['gmail.com', 'acme.com', 'globex.com', 'hotmail.com', 'initech.com',
             'umbrella.org', 'yahoo.com', 'stark.io', 'wayne.com', 'outlook.com',
             'hooli.com', 'student.edu', 'wonka.be', 'cyberdyne.de'] AS domains,
       ARRAY['Manager', 'Developer', 'Assistant', 'CEO', 'Sales Manager', 'Buyer',
             'Marketing Director', 'CTO', 'Student', 'Founder', 'Head of IT',
             'Consultant', 'Purchasing Director', 'Intern', 'President']
           AS functions,
       ARRAY['request for a quotation', 'question about pricing', 'demo', 'newsletter',
             'implementation project', 'migration', 'partnership', 'training',
             'support contract', 'job application'] AS subjects;

INSERT INTO res_partner (name, complete_name, active, type, email, country_id, city,
                         autopost_bills, create_date, write_date, create_uid, write_uid)
SELECT 'Customer ' || i, 'Customer ' || i, TRUE, 'contact', 'customer' || i || '@acme.com',
       place.country_id, place.city, 'ask', now() - interval '2 years',
       now() - interval '1 year', 1, 1
  FROM generate_series(1, :leads / 20) AS i
  JOIN bench_place place ON place.n = i % 32;
UPDATE res_partner SET commercial_partner_id = id WHERE commercial_partner_id IS NULL;
CREATE TABLE bench_partner AS
SELECT row_number() OVER () - 1 AS n, id FROM res_partner WHERE name LIKE 'Customer %';
ALTER TABLE bench_partner ADD PRIMARY KEY (n);

INSERT INTO crm_lead (
    id, score_id, name, type, active, team_id, user_id, company_id, stage_id,
    won_status, probability, automated_probability, country_id, state_id, city, street,
    zip, lang_id, email_from, email_normalized, email_domain_criterion, email_state,
    phone, phone_sanitized, phone_state, function, partner_name, contact_name, partner_id,
    website, source_id, medium_id, campaign_id, expected_revenue, prorated_revenue,
    priority, description, date_deadline, date_open, date_closed, create_date, write_date,
    date_last_stage_update, create_uid, write_uid
)
SELECT i, i, subjects[1 + (r1 * 10)::int % 10] || ' ' || i,
       CASE WHEN r2 < 0.7 AND NOT won THEN 'lead' ELSE 'opportunity' END,
       NOT lost,
       CASE WHEN r3 < 0.9 THEN teams[1 + floor(r3 * cardinality(teams) / 0.9)::int] END,
       CASE WHEN r4 < 0.4 THEN users[1 + floor(r4 * cardinality(users) / 0.4)::int] END,
       CASE WHEN r5 < 0.5 THEN companies[1] WHEN r5 < 0.8 THEN companies[2] END,
       CASE WHEN won THEN won_stage ELSE stages[1 + floor(r6 * r6 * 3)::int] END,
       CASE WHEN won THEN 'won' WHEN lost THEN 'lost' ELSE 'pending' END,
       CASE WHEN won THEN 100 ELSE 0 END, CASE WHEN won THEN 100 ELSE 0 END,
       place.country_id, place.state_id, place.city, 'Main Street ' || i % 300,
       (10000 + i % 80000)::text, CASE WHEN r7 < 0.6 THEN lang END,
       lower(mail), lower(mail), '@' || domain,
       CASE WHEN r8 < 0.97 THEN 'correct' ELSE 'incorrect' END,
       CASE WHEN r9 < 0.6 THEN '+1202555' || i % 10000 END,
       CASE WHEN r9 < 0.6 THEN '+1202555' || i % 10000 END,
       CASE WHEN r9 < 0.6 THEN CASE WHEN r8 < 0.9 THEN 'correct' ELSE 'incorrect' END END,
       CASE WHEN r10 < 0.75 THEN functions[1 + floor(r10 / 0.75 * 15)::int] END,
       CASE WHEN r11 < 0.6 THEN 'Company ' || (r11 * :leads)::int END, 'Contact ' || i,
       partner.id,
       CASE WHEN r11 < 0.3 THEN 'https://www.' || domain END,
       CASE WHEN r12 < 0.8 THEN sources[1 + floor(power(r12 / 0.8, 2) * cardinality(sources))::int] END,
       CASE WHEN r13 < 0.7 THEN mediums[1 + floor(power(r13 / 0.7, 2) * cardinality(mediums))::int] END,
       CASE WHEN r14 < 0.5 THEN campaigns[1 + floor(r14 / 0.5 * cardinality(campaigns))::int] END,
       round((exp(r15 * 12))::numeric, 2), 0,
       (floor(power(r16, 3) * 4))::int::text,
       CASE WHEN r1 < 0.5 THEN '<p>We plan a ' || subjects[1 + (r9 * 9)::int] || ' in '
            || COALESCE(place.city, 'town') || ' and would like to know more about it.</p>' END,
       CASE WHEN r17 < 0.3 THEN (now() + (r17 - 0.1) * interval '600 days')::date END,
       CASE WHEN r4 < 0.4 THEN created + interval '1 day' END,
       CASE WHEN won OR lost THEN created + interval '20 days' END,
       created, created + interval '1 hour', created + interval '1 hour', 1, 1
  FROM (SELECT i, random() AS r1, random() AS r2, random() AS r3, random() AS r4,
               random() AS r5, random() AS r6, random() AS r7, random() AS r8,
               random() AS r9, random() AS r10, random() AS r11, random() AS r12,
               random() AS r13, random() AS r14, random() AS r15, random() AS r16,
               random() AS r17,
               floor(power(random(), 2) * 32)::int AS place_n,
               floor(power(random(), 1.5) * 14)::int AS domain_n,
               random() < 0.1 AS has_partner, random() < 0.35 AS would_win,
               -- in the order of their making, the oldest two years ago
               date_trunc('hour', now()) - interval '1 day'
               - (:leads * 7 / 6 - i) * (interval '2 years' / (:leads * 7 / 6)) AS created
          FROM generate_series(1, :leads * 7 / 6) AS i) AS raw
 CROSS JOIN bench_pick
 CROSS JOIN LATERAL (SELECT i % 7 = 0 AND would_win AS won,
                            i % 7 = 0 AND NOT would_win AS lost) AS closed
 CROSS JOIN LATERAL (SELECT domains[1 + domain_n] AS domain) AS at
 CROSS JOIN LATERAL (SELECT 'contact' || i || '@' || domain AS mail) AS address
  JOIN bench_place place ON place.n = place_n
  LEFT JOIN bench_partner partner
         ON has_partner AND partner.n = i % (:leads / 20)
 ORDER BY raw.i;
SELECT setval('crm_lead_id_seq', (SELECT max(id) FROM crm_lead));

INSERT INTO lead_scoring_score (id, lead_id, fit, interest, score, recorded_score,
                                fit_band, interest_band)
SELECT id, id, 0, 0, 0, 0, 'none', 'none' FROM crm_lead ORDER BY id;
SELECT setval('lead_scoring_score_id_seq', (SELECT max(id) FROM crm_lead));

INSERT INTO crm_tag_rel (lead_id, tag_id)
SELECT DISTINCT lead.id, tags[1 + floor(power(random(), 2) * cardinality(tags))::int]
  FROM crm_lead lead, bench_pick, generate_series(1, 2)
 WHERE random() < 0.4;

SELECT definition FROM bench_index \gexec
ALTER TABLE crm_lead ADD CONSTRAINT crm_lead_score_id_fkey
    FOREIGN KEY (score_id) REFERENCES lead_scoring_score (id) ON DELETE SET NULL;
DROP TABLE bench_index, bench_place, bench_pick;
