-- reply_stop_requests: which replies of many sessions somebody wants to end, in one round trip.
--
-- KEYS  session, ...
--
-- Returns for each session the reply_id, or ''.

local wanted = {}
for i, session in ipairs(KEYS) do
  wanted[i] = redis.call('HGET', session, 'stop') or ''
end
return wanted
