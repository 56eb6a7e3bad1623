-- Synthetic page views: as many visitors as open leads, half of them tied to a lead,
-- a few known as a contact; :views page views, the eager visitors having most.

SELECT setseed(0.7);

INSERT INTO website_visitor (id, access_token, partner_id, website_id, visit_count,
                             create_date, write_date, last_connection_datetime)
SELECT i, COALESCE(partner.id::text, md5(i::text)), partner.id, 1, 1,
       now() - interval '1 year', now() - interval '2 days', now() - interval '2 days'
  FROM generate_series(1, :leads) AS i
  LEFT JOIN bench_partner partner ON i % 50 = 0 AND partner.n = i / 50;
SELECT setval('website_visitor_id_seq', (SELECT max(id) FROM website_visitor));

-- a lead in twenty has a second visitor: another device
INSERT INTO crm_lead_website_visitor_rel (crm_lead_id, website_visitor_id)
SELECT DISTINCT 1 + floor(random() * (:leads * 7 / 6))::int, n
  FROM generate_series(1, :leads) AS n
 WHERE n % 2 = 0;

CREATE TABLE bench_url AS
SELECT row_number() OVER () - 1 AS n, 'https://www.example.com' || path AS url
  FROM (SELECT unnest(ARRAY['/', '/contactus', '/pricing', '/shop', '/jobs', '/blog',
                            '/about-us', '/features', '/demo', '/trial', '/events',
                            '/customers', '/documentation', '/jobs/apply', '/terms'])
         UNION ALL SELECT '/shop/product-' || n FROM generate_series(1, 120) AS n
         UNION ALL SELECT '/blog/our-blog-1/post-' || n FROM generate_series(1, 150) AS n
         UNION ALL SELECT '/jobs/detail/job-' || n FROM generate_series(1, 15) AS n
       ) AS site (path);
ALTER TABLE bench_url ADD PRIMARY KEY (n);

CREATE TABLE bench_index AS
SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS definition
  FROM pg_index
 WHERE indrelid = 'website_track'::regclass AND NOT indisprimary;
SELECT format('DROP INDEX %s', name) FROM bench_index \gexec

-- one view in fifty comes from a campaign, with its parameters in the address
INSERT INTO website_track (visitor_id, url, visit_datetime)
SELECT 1 + floor(power(r1, 2) * :leads)::int,
       url || CASE WHEN r2 < 0.02 THEN '?utm_source=s' || floor(r2 * 500)
                   || '&utm_campaign=c' || r3 % 20 ELSE '' END,
       -- in the order of their making, the oldest a year ago
       date_trunc('hour', now()) - interval '1 day'
       - (:views - raw.n) * (interval '364 days' / :views)
  FROM (SELECT n, random() AS r1, random() AS r2, floor(random() * 1000)::int AS r3,
               floor(power(random(), 3) * 300)::int AS url_n
          FROM generate_series(1, :views) AS n) AS raw
  JOIN bench_url ON bench_url.n = url_n
 ORDER BY raw.n;

SELECT definition FROM bench_index \gexec
DROP TABLE bench_index, bench_url, bench_partner;
