-- key_without_ttl: counts the keys without TTL and, with fix, sets their TTL.
--
-- KEYS  any
-- ARGV  fix ('1': set the TTL, '0': count only), ttl_ms
--
-- Returns the number of such keys.

local fix, ttl_ms = ARGV[1], ARGV[2]

local eternal = 0
for _, key in ipairs(KEYS) do
  if redis.call('PTTL', key) == -1 then
    eternal = eternal + 1
    if fix == '1' then redis.call('PEXPIRE', key, ttl_ms) end
  end
end
return eternal
