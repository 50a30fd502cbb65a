#include "base/i18n.h"
#include "cli/cli.h"

int main(int argc, char **argv)
{
    i18n_init();
    return cli_main(argc, argv);
}
