/* Runs what the fuzzer has found, once each: every argument is a file or a
 * directory of them. The fuzz preset links libFuzzer in its place. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void run_bytes(const uint8_t *data, size_t size)
{
    (void)LLVMFuzzerTestOneInput(data, size);
}

static int run_file(const char *path)
{
    FILE *file = fopen(path, "rbe");
    uint8_t *data;
    struct stat info;
    size_t size;

    if (!file || fstat(fileno(file), &info) != 0) {
        perror(path);
        exit(1);
    }
    data = malloc((size_t)info.st_size + 1);
    if (!data)
        abort();
    size = fread(data, 1, (size_t)info.st_size, file);
    run_bytes(data, size);
    free(data);
    fclose(file);
    return 1;
}

static int run_path(const char *path)
{
    DIR *dir = opendir(path);
    struct dirent *entry;
    int count = 0;

    if (!dir)
        return run_file(path);
    while ((entry = readdir(dir))) {
        char inner[4096];

        if (entry->d_name[0] == '.')
            continue;
        snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name);
        count += run_file(inner);
    }
    closedir(dir);
    return count;
}

int main(int argc, char **argv)
{
    int count = 0;

    run_bytes(NULL, 0);
    for (int i = 1; i < argc; i++)
        count += run_path(argv[i]);
    printf("%d inputs, none of them a surprise\n", count);
    return 0;
}
