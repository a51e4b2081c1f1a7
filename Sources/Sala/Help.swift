/// What `--help` says.
enum Help {
    static let overview = """
        Sala, a real-time messaging server: every conversation, order and payment is one durable actor.

        Usage: sala <command> [options]

          dev       run everything on this machine: a private PostgreSQL, stand-ins for outside services, demo tenants
          serve     run in production, configured by the environment
          migrate   bring the database to this version's schema
          doctor    check configuration, certificate, database and providers, and say what is wrong
          token     print a signed token
          standins  run the stand-ins of 'sala dev' by themselves
          version   print the version

        'sala <command> --help' says more. Exit codes: 0 fine, 64 wrong usage, 69 a service is unavailable,
        78 bad configuration.
        """

    static let dev = """
        Usage: sala dev [--port 8080] [--data .sala] [--reset] [--tls] [--standins URL]

        Runs a whole Sala on this machine: no account and no key is needed.

          --port N     clients connect here; the stand-ins listen at N+10 (default 8080)
          --data DIR   where the private PostgreSQL, the keys and dev.json live (default .sala)
          --reset      begin with an empty store
          --tls        speak TLS, with a certificate for localhost and an authority of this machine's own (DIR/ca.pem)
          --standins   use the stand-ins of a 'sala standins' with the same --data, and start none

        Set SALA_OPENAI_API_KEY, SALA_ANTHROPIC_API_KEY or SALA_GEMINI_API_KEY to talk to a real model.
        Set SALA_RATE_LIMITS=on to have the limits of production. Ctrl-C stops everything.
        """

    static let serve = """
        Usage: sala serve

        Runs in production. All configuration comes from the environment (docs/OPERATIONS.md lists every key):

          SALA_DATABASE_URL    PostgreSQL: a URI or key=value pairs (required)
          SALA_TENANTS         tenants and their keys as JSON, or SALA_TENANTS_FILE (required)
          SALA_HOST SALA_PORT  where to listen (0.0.0.0, 8080)
          SALA_TLS_CERTIFICATE SALA_TLS_KEY   PEM files: with both, the port speaks TLS
          SALA_HTTP_REDIRECT_PORT             leads plain HTTP to it
          SALA_MAX_CONNECTIONS SALA_MAX_CONNECTIONS_PER_ADDRESS   open connections (18000, 256)
          SALA_OPENAI_API_KEY  SALA_ANTHROPIC_API_KEY  SALA_GEMINI_API_KEY   at least one for the advisor

        SIGTERM drains: clients are told to come back, replies finish or are kept, then it exits.
        SIGHUP reads the certificate's files again, for new connections.
        """

    static let standins = """
        Usage: sala standins [--port 8090] [--server http://127.0.0.1:8080] [--data .sala]

        Runs the stand-ins of 'sala dev' by themselves: what they hold outlives the servers that use them.

          --port N      they listen here, on 127.0.0.1 (default 8090)
          --server URL  where LINE's webhooks go (default http://127.0.0.1:8080)
          --data DIR    whose channel secrets they know (default .sala)

        Then: sala dev --standins http://127.0.0.1:8090 with the same --data.
        """

    static let migrate = """
        Usage: sala migrate

        Applies the migrations that the database of SALA_DATABASE_URL lacks, in order, under a lock.
        """

    static let doctor = """
        Usage: sala doctor

        Checks the configuration, the certificate, the database and the providers, and says what is wrong with each.
        """

    static let token = """
        Usage: sala token --tenant T --subject S --role R [--ttl 3600] [--grant kind/id:read]... [--menu M]...
                          [--permission P]... [--email E] [--data .sala]

        Prints a signed JWT and nothing else.

          --tenant T       the platform, such as jeco
          --subject S      who the bearer is
          --role R         customer, provider, rider, staff, admin, operator or service
          --ttl SECONDS    until it expires (default 3600)
          --grant G        a session the bearer may use besides its own: kind/id:read or kind/id:write; may be repeated
          --menu M         a menu of the platform that the bearer may open, such as Chat; may be repeated
          --permission P   an action of the platform, such as READ:ActivityLog; may be repeated
          --email E        the bearer's e-mail address, for the platform's own pages
          --data DIR       sign with the key that 'sala dev' made there; without it, with the key of SALA_TENANTS
        """
}
