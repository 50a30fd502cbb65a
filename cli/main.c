#include "base/i18n.h"
#include "cli/cli.h"

int main(int argc, char **argv)
{
    i18n_init();
    error_in_language(true);
    return cli_main(argc, argv);
}
