-- glance: how many sessions stand, in one round trip, for a process to see which of its open chats moved.
--
-- KEYS  session, chat_lease of each session in turn
--
-- Returns for each session {epoch, seq, expires_at, waiting, leased}, or {} if it is gone; waiting is 1 if a
-- user message has no reply yet, leased 1 if somebody runs one.

local standing = {}
for i = 1, #KEYS, 2 do
  local f = redis.call('HMGET', KEYS[i], 'epoch', 'seq', 'expires_at', 'asked', 'answered')
  if f[1] then
    local waiting = (tonumber(f[4]) or 0) > (tonumber(f[5]) or 0)
    standing[#standing + 1] = { f[1], f[2], f[3], waiting and 1 or 0, redis.call('EXISTS', KEYS[i + 1]) }
  else
    standing[#standing + 1] = {}
  end
end
return standing
