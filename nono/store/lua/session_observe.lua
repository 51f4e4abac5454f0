-- session_observe: records for how long an operator has the transcript of a session open, or that it was closed.
--
-- KEYS  session
-- ARGV  session_id, created_at (which must be the session's own), observer, for_ms (0: the observer has closed it)
--
-- Returns 'gone' if there is no such session, 'changed' if the session became observed or unobserved, else 'same'.
-- The fields `observers` (name:ms ...) and `observed_until` (the latest of these ms) expire with the session. An
-- observer who does not renew counts as absent after for_ms.

local session_key = KEYS[1]
local session_id, created_at, observer, for_ms = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])

local session = redis.call('HMGET', session_key, 'session_id', 'created_at', 'observers', 'observed_until')
if session[1] ~= session_id or session[2] ~= created_at then return 'gone' end
local now = now_ms()
local there, latest = {}, 0

local function note(name, ends_at)
  there[#there + 1] = name .. ':' .. integer(ends_at)
  latest = math.max(latest, ends_at)
end

for name, ends_at in string.gmatch(session[3] or '', '(%w+):(%d+)') do
  if name ~= observer and tonumber(ends_at) > now then note(name, tonumber(ends_at)) end
end
if for_ms > 0 then note(observer, now + for_ms) end

if latest > 0 then
  redis.call('HSET', session_key, 'observers', table.concat(there, ' '), 'observed_until', integer(latest))
else
  redis.call('HDEL', session_key, 'observers', 'observed_until')
end
local was_observed = (tonumber(session[4]) or 0) > now
return (latest > 0) == was_observed and 'same' or 'changed'
