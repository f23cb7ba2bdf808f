/// The one script by which gateways share buckets: takes from several at once, all or none.
///
/// A bucket is the instant at which it is full, as `WHOLE:PART`: microseconds of the server's clock
/// and a part over the limit's denominator. A full bucket is no key. The arithmetic is that of
/// Policy's `Bucket`, to the last part: all numbers are integers below 2⁵³, which Lua's doubles
/// hold exactly.
///
/// - Keys: one a bucket, none twice. What a key holds that is no `WHOLE:PART` counts as full.
/// - Arguments: eight a key, see ``argumentCount``: denominator, price (whole, part), span (whole,
///   part), operation, price of the lease (whole, part).
/// - Operations: `take`, or none of the keys; `shadow`, which takes if it can and the others are
///   not refused, and never has them refused; `lease`, which takes the lease's price if that is
///   there and its own otherwise; `back`, which undoes a take; `charge`, which takes as much as is
///   there.
/// - Reply: a flat array of integers: the server's clock, then three a key: code, whole and part
///   of the bucket afterwards. The code is 0 for refused, 1 for admitted, 2 for admitted and
///   leased. If any key refused, nothing was taken, whatever the others' codes; none is 2 then.
package enum BucketScript {
    /// Arguments that each key has.
    package static var argumentCount: Int { 8 }

    /// The text, as `EVAL` and `SCRIPT LOAD` want it.
    ///
    /// `%.0f` writes all digits of a number, where Lua's own way leaves some out from 10¹⁴ on.
    package static let source: StaticString = """
        local T=redis.call('TIME') local now=T[1]*1000000+T[2]
        local r,s,ok={now},{},true
        local function add(w,p,i,d)
        w,p=w+ARGV[i],p+ARGV[i+1]
        if p>=d then return w+1,p-d end
        return w,p
        end
        for k=1,#KEYS do
        local i=k*8-7
        local d,op,code=ARGV[i]+0,ARGV[i+5],1
        local v,x,y=redis.pcall('GET',KEYS[k])
        if type(v)=='string' then x,y=v:match('^(%d+):(%d+)$') end
        local w,p=(x or 0)+0,(y or 0)+0
        if p>=d then w,p=w+1,0 end
        local ew,ep=add(now,0,i+3,d)
        if w<now then w,p=now,0 elseif w>ew or w==ew and p>ep then w,p=ew,ep end
        local nw,np
        if op=='back' then
        nw,np=w-ARGV[i+1],p-ARGV[i+2]
        if np<0 then nw,np=nw-1,np+d end
        if nw<now then nw,np=now,0 end
        else
        nw,np=add(w,p,i+1,d)
        if nw>ew or nw==ew and np>ep then
        if op=='charge' then nw,np=ew,ep
        else
        code,nw,np=0,w,p
        if op~='shadow' then ok=false end
        end
        elseif op=='lease' then
        local lw,lp=add(w,p,i+6,d)
        if lw<ew or lw==ew and lp<=ep then code,nw,np=2,lw,lp end
        end
        end
        s[k]={v,w,p}
        r[k*3-1],r[k*3],r[k*3+1]=code,nw,np
        end
        for k=1,#KEYS do
        local op,v=ARGV[k*8-2],s[k][1]
        if not ok and op~='back' and op~='charge' then
        if r[k*3-1]==2 then r[k*3-1]=1 end
        r[k*3],r[k*3+1]=s[k][2],s[k][3]
        end
        local w,p=r[k*3],r[k*3+1]
        if w==now and p==0 then
        if v then redis.call('DEL',KEYS[k]) end
        else
        local n=string.format('%.0f:%.0f',w,p)
        if n~=v then redis.call('SET',KEYS[k],n,'PX',math.ceil((w-now+(p>0 and 1 or 0))/1000)+1) end
        end
        end
        return r
        """
}
