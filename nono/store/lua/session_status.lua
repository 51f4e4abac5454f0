-- session_status (uses clock): how many sessions stand, in one round trip, for a process to see which of its open chats moved.
--
-- KEYS  session, chat_lease of each session in turn
--
-- Returns for each session {epoch, seq, expires_at, waiting, lease_ms, revision, observed}, or {} if it is gone;
-- waiting is 1 if a user message has no reply yet, lease_ms how long the right to run one is taken still, 0 if nobody
-- has it, revision counts the replies taken back, observed is 1 if an operator has the transcript open.

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
