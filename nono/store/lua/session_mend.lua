-- session_mend: checks the keys of a session and, with fix, repairs them.
--
-- KEYS  session, chat_history, chat_sends, chat_reply, chat_lease, session_index, session_recency
-- ARGV  user_id, ttl_ms, max_age_ms, fix ('1': repair, '0': check only),
--       idle_ms ('' for any idle time), persona (of idle sessions; '' for any)
--
-- Returns {finding, ...}, {} if all is well or the session is gone. The findings, and their repairs:
--   damaged        the key is not a hash or lacks session_id or epoch: the session is removed
--   idle           there was no message for idle_ms: the session is removed
--   damaged part   another key of it has the wrong type: that key is removed
--   without clock  a key of it has no TTL
--   unequal clock  its keys expire at different times, or not at the hash's expires_at
--   not listed     it is missing in an index
-- The TTL of the session's hash decides. A hash without TTL gets a full one; if the maximum age is reached, the
-- session is removed.

local user_id, ttl_ms, max_age_ms, fix, idle_ms, persona = unpack(ARGV)
fix = fix == '1'

local function remove()
  if not fix then return end
  redis.call('UNLINK', unpack(KEYS, 1, 5))
  redis.call('ZREM', KEYS[6], user_id)
  redis.call('ZREM', KEYS[7], user_id)
end

local function kind_of(key)
  return redis.call('TYPE', key)['ok']
end

if kind_of(KEYS[1]) == 'none' then return {} end
local session = kind_of(KEYS[1]) == 'hash'
  and redis.call('HMGET', KEYS[1], 'session_id', 'epoch', 'persona', 'active_ms', 'created_ms', 'expires_at')
if not (session and session[1] and session[2]) then
  remove()
  return { 'damaged' }
end

local now = now_ms()
local active_at = tonumber(session[4])
if idle_ms ~= '' and (persona == '' or persona == session[3]) and active_at and active_at < now - tonumber(idle_ms) then
  remove()
  return { 'idle' }
end

local left = redis.call('PTTL', KEYS[1])
local without, unequal, broken = left < 0, false, false
local expires_at = now + left
if without then expires_at = end_of_life(now, tonumber(session[5]) or now, ttl_ms, max_age_ms) end

local function differs(moment)
  return math.abs((tonumber(moment) or 0) - expires_at) > 1000
end

for i, right_kind in pairs({ [2] = 'list', [3] = 'hash', [4] = 'stream', [5] = 'string' }) do
  local kind = kind_of(KEYS[i])
  if kind ~= 'none' and kind ~= right_kind then
    broken = true
    if fix then redis.call('UNLINK', KEYS[i]) end
  elseif kind ~= 'none' and i < 5 then -- a lease has its own TTL
    local other = redis.call('PTTL', KEYS[i])
    if other < 0 then without = true elseif left >= 0 and differs(now + other) then unequal = true end
  end
end
local listed_until = redis.call('ZSCORE', KEYS[6], user_id)
local listed = listed_until and redis.call('ZSCORE', KEYS[7], user_id)
if left >= 0 and (differs(session[6]) or listed_until and differs(listed_until)) then unequal = true end

if expires_at <= now then
  remove()
elseif fix and (without or unequal or not listed) then
  wind({ KEYS[1], KEYS[2], KEYS[3], KEYS[4] }, KEYS[6], KEYS[7], user_id, expires_at, active_at or now)
end

local findings = {}
if broken then findings[#findings + 1] = 'damaged part' end
if without then findings[#findings + 1] = 'without clock' end
if unequal then findings[#findings + 1] = 'unequal clock' end
if not listed then findings[#findings + 1] = 'not listed' end
return findings
