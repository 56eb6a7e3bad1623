-- take the right to push events from all users: the other systems that have their API
-- keys may know the copy's address
DELETE FROM res_groups_users_rel
 WHERE gid = (
       SELECT res_id
         FROM ir_model_data
        WHERE model = 'res.groups'
          AND name = 'group_push_events'
          AND module = 'lead_scoring'
);
