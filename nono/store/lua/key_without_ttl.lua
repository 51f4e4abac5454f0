-- key_without_ttl: finds keys without a clock and, if asked, gives them one.
--
-- KEYS  any
-- ARGV  fix ('1' to mend, '0' to look only), clock_ms
--
-- Returns how many there were.

local eternal = 0
for _, key in ipairs(KEYS) do
  if redis.call('PTTL', key) == -1 then
    eternal = eternal + 1
    if ARGV[1] == '1' then redis.call('PEXPIRE', key, ARGV[2]) end
  end
end
return eternal
