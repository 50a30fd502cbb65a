/* The smallest program that publishes: yinuo-example OUTBOX BROKER. */
#include <stdio.h>

#include <yinuo.h>

int main(int argc, char **argv)
{
    struct yinuo *y;
    struct yinuo_error error;
    struct yinuo_receipt receipt;
    struct yinuo_config config = {.identity = "ST-LN-03"};
    if (argc != 3)
        return 2;
    config.outbox = argv[1];
    config.brokers[0] = argv[2];
    if (yinuo_open(&y, &config, &error) != YINUO_OK) {
        fprintf(stderr, "%s\n", error.text);
        return 1;
    }
    struct yinuo_event *e = yinuo_event_new("complaint.opened");
    yinuo_event_set_text(e, "case_id", "C-17");
    yinuo_event_set_text(e, "channel", "counter");
    yinuo_event_set_text(e, "topic", "warranty");
    enum yinuo_result result = yinuo_publish(y, e, &receipt, &error);
    if (result == YINUO_OK)
        printf("%s is on the disk; ", receipt.id);
    else
        fprintf(stderr, "%s: %s\n", error.field, error.text);
    yinuo_event_free(&e);
    if (result == YINUO_OK && yinuo_flush(y, 5000) == YINUO_OK)
        puts("it has arrived");
    yinuo_close(&y);
    return result == YINUO_OK ? 0 : 1;
}
