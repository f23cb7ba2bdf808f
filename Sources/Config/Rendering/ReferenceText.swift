/// What `docs/configuration.md` says before it comes to the keys.
enum ReferenceText {
    private static let levels = YAMLReader.levelCountMax
    private static let size = SizeText.format(UInt64(SourceText.bytesMax))
    private static let fileSize = SizeText.format(UInt64(Expansion.fileBytesMax))

    static let introduction = """
        # Configuration

        Apus reads one YAML file: `conf/apus.yaml`, or what `--config` names. That file in the
        source tree has every section with its defaults. `apus check` tells all that is wrong with
        a file; `apus schema` prints a JSON Schema for editors. This page is made from the same
        descriptors that files are checked against.

        ## Values

        | kind | written as |
        |---|---|
        | duration | a whole number and a unit: `250ms` `10s` `15min` `1h` `7d` |
        | size | the same: `512B` `64KiB` `10MiB` `1GiB` `1TiB`, in powers of 1024 |
        | rate | `100/s` `60/min` `1000/15min` `1000/h` `5/d`: so many in a period |
        | switch | `on`, `off`, `true` or `false` |
        | list | `[a, b]`, or a line for each with `- ` before it |
        | name | up to 64 letters, digits, `_`, `-` and `.` |

        Zero never means unlimited: a key that can do without a limit takes `none`.

        Text is put into values once YAML was read, so that it can never become structure. Keys are
        taken as they stand. Inside `{ }` and `[ ]` such a value needs quotes.

        | written | becomes |
        |---|---|
        | `${NAME}` | the environment variable; an error that names it when it is not set |
        | `${NAME:-default}` | the variable, or the default when it is not set or empty |
        | `${file:/path}` | the file's text without its last line end; at most \(fileSize) |
        | `$${` | `${` itself |

        Problems never show what was put in. Anchors (`&name`) and aliases (`*name`) work for whole
        values; merge keys (`<<`) and tags (`!name`) are refused. A value that begins with `*` needs
        quotes: `"*.example.com"`. A file is at most \(size) long, with \(levels) levels.

        ## Problems

        All problems of a file are told in one run, in the order of its lines:

        ```
        apus.yaml:7:3: error: limits.request_lin: unknown key (did you mean "request_line"?)
        ```

        An error keeps the configuration from being used, a warning does not. Errors in production
        and warnings elsewhere: `security_headers: none`, an origin `*` in a policy of `cors`, an
        `admin` address that other machines reach, a secret that is easy to guess, and a webhook
        with `replay: off`. A warning everywhere: a route that no request
        can reach, because an earlier one takes them all, and `trusted_proxies` that hold every
        address.


        """
}
