// The one door to hiredis: its reader of replies, for sockets that are ours.
//
// So far it tells which hiredis the binary was built with; commands, replies and scripts come with
// the shared rate limits. Connections, deadlines and TLS stay with Gateway: nothing here does I/O.
//
// Begin with `RedisLibrary`.
