-- reply_stop_requests: reads the stop requests of many sessions in one round trip.
--
-- KEYS  session, ...
--
-- Returns for each session the reply_id to stop, or ''.

local wanted = {}
for i, session in ipairs(KEYS) do
  wanted[i] = redis.call('HGET', session, 'stop') or ''
end
return wanted
