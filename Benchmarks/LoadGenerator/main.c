// secure-proxy-bench: measures what a tunnel costs the proxy that carries it. README.md in the folder above explains.
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "backend.h"
#include "mint.h"
#include "options.h"
#include "report.h"
#include "run.h"
#include "selftest.h"

int main(int count, char **arguments) {
    static struct options options;
    static struct run run;
    if (count > 1 && strcmp(arguments[1], "self-test") == 0) return self_test();
    if (count > 1 && strcmp(arguments[1], "mint") == 0) return mint_main(count - 1, arguments + 1);
    signal(SIGPIPE, SIG_IGN);
    options_parse(&options, count, arguments);
    if (options.mode == MODE_SERVE) return backend_serve(&options);
    bool succeeded = run_perform(&run, &options);
    report_print(&run, succeeded);
    return succeeded ? 0 : 1;
}
