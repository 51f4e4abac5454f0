-- session_status: reads the status of many sessions in one round trip, for the reconciler to detect changed chats.
--
-- KEYS  session, chat_lease of each session in turn
--
-- Returns for each session {epoch, seq, expires_at, waiting, lease_ms, revision, observed}, or {} if it is gone.
-- waiting is 1 if a user message has no reply yet, lease_ms the remaining TTL of the lease (0 if there is none),
-- revision the number of removed replies, observed is 1 if an operator has the transcript open.

local now = now_ms()
local standing = {}
for i = 1, #KEYS, 2 do
  local f = redis.call('HMGET', KEYS[i], 'epoch', 'seq', 'expires_at', 'asked', 'answered', 'revision',
    'observed_until')
  if f[1] then
    local waiting = (tonumber(f[4]) or 0) > (tonumber(f[5]) or 0)
    local observed = (tonumber(f[7]) or 0) > now
    local lease_ms = math.max(redis.call('PTTL', KEYS[i + 1]), 0)
    standing[#standing + 1] = { f[1], f[2], f[3], waiting and 1 or 0, lease_ms, f[6] or 0, observed and 1 or 0 }
  else
    standing[#standing + 1] = {}
  end
end
return standing
