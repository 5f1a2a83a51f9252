// Is there TLS in this kernel? Asks it in every way there is, and prints the answers.
#include "trial.h"

static void print_file(const char *path) {
    char text[512];
    FILE *file = fopen(path, "r");
    printf("%s: ", path);
    if (file == NULL) {
        printf("%s\n", strerror(errno));
        return;
    }
    size_t length = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[length] = 0;
    printf("%s%s", text, length == 0 || text[length - 1] != '\n' ? "\n" : "");
}

int main(void) {
    int listener = listen_on(0);
    struct sockaddr_in address;
    socklen_t size = sizeof address;
    getsockname(listener, (struct sockaddr *)&address, &size);
    int made = connect_to(ntohs(address.sin_port));
    int answer = setsockopt(made, IPPROTO_TCP, TCP_ULP, "tls", sizeof "tls");
    printf("setsockopt TCP_ULP \"tls\": %s\n", answer == 0 ? "accepted" : strerror(errno));
    print_file("/proc/sys/net/ipv4/tcp_available_ulp");
    print_file("/proc/net/tls_stat");
    print_file("/proc/sys/kernel/osrelease");
    return answer == 0 ? 0 : 1;
}
