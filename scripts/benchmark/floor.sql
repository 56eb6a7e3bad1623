-- What the fifty rules of rules.py give all open leads, written by hand in one
-- statement; beside it, how many leads have another score.

WITH tie AS (
    SELECT crm_lead_id AS lead_id, website_visitor_id AS visitor_id
      FROM crm_lead_website_visitor_rel
     UNION
    SELECT crm_lead.id, website_visitor.id
      FROM crm_lead
      JOIN website_visitor USING (partner_id)
),
page AS (
    SELECT url, split_part(url, '?', 1) AS path,
           low LIKE '%/pricing%' AS pricing,
           url LIKE '%/contactus%' AS contact,
           low LIKE '%/jobs%' AS jobs,
           low LIKE '%/trial%' OR low LIKE '%/demo%' AS trial,
           low LIKE '%/shop%' AS shop,
           low LIKE '%/blog%' AS blog,
           low LIKE '%utm_campaign=%' AS campaign
      FROM (SELECT url, lower(url) AS low
              FROM (SELECT DISTINCT url FROM website_track) AS seen OFFSET 0) AS urls
),
visit AS (
    -- a page counts once within half an hour
    SELECT tie.lead_id,
           bool_or(pricing) AS pricing, bool_or(contact) AS contact,
           bool_or(jobs) AS jobs, bool_or(trial) AS trial,
           max(visit_datetime) FILTER (WHERE shop) AS shop,
           max(visit_datetime) FILTER (WHERE blog) AS blog,
           max(visit_datetime) FILTER (WHERE campaign) AS campaign
      FROM website_track
      JOIN page USING (url)
      JOIN tie USING (visitor_id)
     WHERE pricing OR contact OR jobs OR trial OR shop OR blog OR campaign
     GROUP BY tie.lead_id, visitor_id, path,
              floor(date_part('epoch', visit_datetime) / 1800)
),
interest AS (
    SELECT lead_id,
           CASE WHEN bool_or(pricing) THEN 15 ELSE 0 END
         + CASE WHEN bool_or(contact) THEN 10 ELSE 0 END
         - CASE WHEN bool_or(jobs) THEN 10 ELSE 0 END
         + CASE WHEN bool_or(trial) THEN 12 ELSE 0 END
         + round(LEAST(20, COALESCE(sum(2 * exp(-ln(2) / 30 * date_part(
               'epoch', timezone('UTC', now()) - shop) / 86400)), 0))::numeric)
         + round(LEAST(10, COALESCE(sum(exp(-ln(2) / 14 * date_part(
               'epoch', timezone('UTC', now()) - blog) / 86400)), 0))::numeric)
         + LEAST(15, 3 * count(campaign)) AS points
      FROM visit
     GROUP BY lead_id
),
tagged AS (
    SELECT lead_id,
           CASE WHEN bool_or(name->>'en_US' = 'Bench Tag 1') THEN 9 ELSE 0 END
         + CASE WHEN bool_or(name->>'en_US' ILIKE '%tag 2%') THEN 4 ELSE 0 END AS points
      FROM crm_tag_rel
      JOIN crm_tag ON crm_tag.id = tag_id
     GROUP BY lead_id
),
fit AS (
    SELECT crm_lead.id AS lead_id,
           CASE WHEN country.name->>'en_US' = 'Belgium' THEN 8 ELSE 0 END
         + CASE WHEN country.name->>'en_US' = 'United States' THEN 6 ELSE 0 END
         + CASE WHEN country.code = 'VN' THEN 7 ELSE 0 END
         + CASE WHEN country.code IN ('DE', 'FR', 'NL', 'GB') THEN 5 ELSE 0 END
         - CASE WHEN crm_lead.country_id IS NULL THEN 3 ELSE 0 END
         + CASE WHEN state.name ILIKE '%california%' THEN 4 ELSE 0 END
         + CASE WHEN low.city LIKE '%san francisco%' THEN 9 ELSE 0 END
         + CASE WHEN crm_lead.city = 'New York' THEN 6 ELSE 0 END
         + CASE WHEN crm_lead.city IN ('London', 'Paris', 'Berlin', 'Mumbai')
                THEN 4 ELSE 0 END
         + CASE WHEN low.email <> '' AND low.email NOT LIKE '%@gmail.%'
                 AND low.email NOT LIKE '%@yahoo.%'
                 AND low.email NOT LIKE '%@hotmail.%' THEN 10 ELSE 0 END
         - CASE WHEN email_domain_criterion IN ('@gmail.com', '@yahoo.com')
                THEN 8 ELSE 0 END
         - CASE WHEN low.email LIKE '%.edu' THEN 12 ELSE 0 END
         + CASE WHEN low.email LIKE '%@acme.com%' THEN 15 ELSE 0 END
         - CASE WHEN email_state = 'incorrect' THEN 20 ELSE 0 END
         + CASE WHEN crm_lead.phone <> '' THEN 5 ELSE 0 END
         - CASE WHEN phone_state = 'incorrect' THEN 4 ELSE 0 END
         + CASE WHEN crm_lead.website <> '' THEN 3 ELSE 0 END
         + CASE WHEN partner_name <> '' THEN 4 ELSE 0 END
         + CASE WHEN low.function LIKE '%director%' THEN 12 ELSE 0 END
         + CASE WHEN low.function LIKE '%manager%' THEN 9 ELSE 0 END
         + CASE WHEN crm_lead.function IN ('CEO', 'CTO', 'Founder', 'President')
                THEN 14 ELSE 0 END
         - CASE WHEN crm_lead.function IN ('Intern', 'Assistant') THEN 6 ELSE 0 END
         + CASE WHEN crm_lead.partner_id IS NOT NULL THEN 5 ELSE 0 END
         + CASE WHEN contact_country.code = 'BE' THEN 3 ELSE 0 END
         + CASE WHEN source.name = 'Search engine' THEN 4 ELSE 0 END
         + CASE WHEN source.name ILIKE '%newsletter%' THEN 6 ELSE 0 END
         + CASE WHEN source_id IS NOT NULL THEN 1 ELSE 0 END
         + CASE WHEN medium.name = 'Phone' THEN 5 ELSE 0 END
         - CASE WHEN medium.name IN ('Banner', 'Television') THEN 2 ELSE 0 END
         + CASE WHEN campaign.title->>'en_US' = 'Bench Campaign 1' THEN 7 ELSE 0 END
         + CASE WHEN campaign.name ILIKE '%bench%' THEN 2 ELSE 0 END
         + CASE WHEN low.name LIKE '%quotation%' THEN 10 ELSE 0 END
         - CASE WHEN low.name LIKE '%job application%' THEN 25 ELSE 0 END
         + CASE WHEN expected_revenue >= 50000 THEN 11 ELSE 0 END
         + CASE WHEN expected_revenue >= 10000 AND expected_revenue < 50000
                THEN 6 ELSE 0 END
         + CASE WHEN priority IN ('2', '3') THEN 8 ELSE 0 END
         + CASE WHEN crm_lead.create_date >= timezone('UTC', now()) - interval '30 days'
                THEN 5 ELSE 0 END
         - CASE WHEN crm_lead.create_date < timezone('UTC', now()) - interval '365 days'
                THEN 5 ELSE 0 END
         + CASE WHEN date_deadline <= timezone('UTC', now())::date + 30
                THEN 6 ELSE 0 END
         + CASE WHEN low.description LIKE '%project%' THEN 7 ELSE 0 END
         + CASE WHEN stage.name->>'en_US' = 'Qualified' THEN 10 ELSE 0 END AS points
      FROM crm_lead
      LEFT JOIN res_country country ON country.id = crm_lead.country_id
      LEFT JOIN res_country_state state ON state.id = crm_lead.state_id
      LEFT JOIN res_partner contact ON contact.id = crm_lead.partner_id
      LEFT JOIN res_country contact_country ON contact_country.id = contact.country_id
      LEFT JOIN utm_source source ON source.id = source_id
      LEFT JOIN utm_medium medium ON medium.id = medium_id
      LEFT JOIN utm_campaign campaign ON campaign.id = campaign_id
      LEFT JOIN crm_stage stage ON stage.id = crm_lead.stage_id
     CROSS JOIN LATERAL (
           SELECT lower(crm_lead.name) AS name, lower(crm_lead.city) AS city,
                  lower(email_from) AS email, lower(crm_lead.function) AS function,
                  lower(description) AS description OFFSET 0) AS low
     WHERE crm_lead.active AND won_status = 'pending'
       AND crm_lead.do_not_score IS NOT TRUE
)
SELECT count(*),
       count(*) FILTER (WHERE score.score <> fit.points + COALESCE(interest.points, 0)
                              + COALESCE(tagged.points, 0))
  FROM fit
  JOIN lead_scoring_score score USING (lead_id)
  LEFT JOIN interest USING (lead_id)
  LEFT JOIN tagged USING (lead_id)
