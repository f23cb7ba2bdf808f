// From a file's text to one immutable `Snapshot`, or to all that is wrong with it in one run.
//
//     bytes ──► Syntax/ ──► expanded ──► Sections/ ──► Draft ──► Assembly/ ──► Snapshot
//               YAML,       ${NAME},     descriptors    each key   references,
//               positions   ${file:}     decode         decoded    production checks
//                  └────────────┴────────────┴─────────────┴───────────┴──► Problems/
//
// A key is one descriptor: its name, what it takes (Descriptors/, Values/), its default, a line
// about it. Decoding, docs/configuration.md, conf/apus.yaml and the JSON Schema (Rendering/) all
// come out of the same descriptors, so none of them can be out of date.
//
// What it must never do:
// - trap or hang, whatever the bytes: depth, aliases and files read are bounded;
// - stop at the first problem, or tell one without line and column;
// - print what a variable or a file put in: it may be a secret;
// - let a text become structure: expansion happens inside scalars, after YAML was read.
//
// There is no `unsafe` in here. Begin with `Loading.load`, then `RootSection`.
