/// The script by which gateways share what they know of webhooks' events.
///
/// An event that is claimed is the decimal number of its claim's ticket, and one that was committed
/// is `+`; both end by themselves. It is Policy's `ReplayTable`, but for its bounds.
///
/// - Keys: one. What it holds that is neither counts as nothing.
/// - Arguments: operation, ticket, milliseconds: see ``argumentCount``.
/// - Operations: `claim`, which prolongs one's own claim; `commit`, whoever holds a claim now, and
///   never for a shorter time than was said before; `release`, of one's own claim; `forget`, with a
///   ticket of 0, of what was committed.
/// - News: who commits publishes the milliseconds, and who forgets 0, on the channel that is named
///   as the key (``ReplayNews``), unless there is a fourth argument. A server that does not allow
///   it to the user goes without.
/// - Reply: two integers: 1 for done, 0 for a claim of another, 2 for committed before; and the
///   milliseconds for which that holds, 0 if nothing is left or nobody knows. For `forget` these
///   are at least 1 if there was something to be forgotten, and what was left of it.
package enum ReplayScript {
    /// Arguments beside the key.
    package static var argumentCount: Int { 3 }

    /// The text, as `EVAL` and `SCRIPT LOAD` want it.
    package static let source: StaticString = """
        local k,op,t,ms=KEYS[1],ARGV[1],ARGV[2],ARGV[3]
        local v=redis.pcall('GET',k)
        local held=type(v)=='string' and v:find('^%d+$')
        local done,left=v=='+',0
        if held or done then left=redis.call('PTTL',k) end
        if op=='commit' then
        if done and (left<0 or left>=ms+0) then return {1,math.max(0,left)} end
        redis.call('SET',k,'+','PX',ms)
        if not ARGV[4] then redis.pcall('PUBLISH',k,ms) end
        return {1,ms+0}
        end
        if done and op~='forget' then return {2,math.max(0,left)} end
        if held and v~=t then return {0,math.max(0,left)} end
        if op=='claim' then
        if left<ms+0 then left=ms+0 redis.call('SET',k,t,'PX',ms) end
        return {1,left}
        end
        if held or done then redis.call('DEL',k) end
        if op=='forget' and not ARGV[4] then redis.pcall('PUBLISH',k,0) end
        if done then return {1,math.max(1,left)} end
        return {1,0}
        """
}
