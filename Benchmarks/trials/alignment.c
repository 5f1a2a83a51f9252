// Does it matter where in memory the bytes lie that the kernel copies to and from? A child sends, the parent receives.
//
//   alignment RECEIVE-OFFSET SEND-OFFSET [MOST-BYTES-A-RECEIVE] [SEND-BYTES] [MEGABYTES]
//
// The offsets are counted from the start of a page.
#include "trial.h"

#include <sys/resource.h>
#include <sys/wait.h>

static double seconds_used(int who) {
    struct rusage usage;
    getrusage(who, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static char *buffer(size_t size, int offset) {
    char *bytes = aligned_alloc(4096, size + 4096);
    if (bytes == NULL) fail("aligned_alloc");
    memset(bytes, 1, size + 4096);
    return bytes + offset;
}

static void send_all(int port, const char *bytes, size_t piece, size_t total) {
    int to = connect_to(port);
    for (size_t done = 0; done < total; done += piece)
        if (send(to, bytes, piece, 0) != (ssize_t)piece) _exit(1);
    _exit(0);
}

int main(int count, char **words) {
    if (count < 3) return 2;
    size_t most = (size_t)(count > 3 ? atoi(words[3]) : PIECE), piece = (size_t)(count > 4 ? atoi(words[4]) : PIECE);
    size_t total = (size_t)(count > 5 ? atoi(words[5]) : 500) * 1000000 / piece * piece;
    char *into = buffer(most, atoi(words[1])), *from = buffer(piece, atoi(words[2]));
    int listener = listen_on(0);
    struct sockaddr_in address;
    socklen_t size = sizeof address;
    getsockname(listener, (struct sockaddr *)&address, &size);
    pid_t child = fork();
    if (child == 0) send_all(ntohs(address.sin_port), from, piece, total);
    int made = accept(listener, NULL, NULL);
    double before = seconds_used(RUSAGE_SELF);
    uint64_t calls = 0;
    for (size_t done = 0; done < total; calls++) {
        ssize_t received = recv(made, into, most, 0);
        if (received <= 0) fail("recv");
        done += (size_t)received;
    }
    double receiver = seconds_used(RUSAGE_SELF) - before, gigabytes = (double)total / 1e9;
    int status = 0;
    waitpid(child, &status, 0);
    printf("{\"receiver_cpu_s_per_GB\": %.4f, \"sender_cpu_s_per_GB\": %.4f, \"bytes_per_receive\": %.0f, "
           "\"ok\": %s}\n",
           receiver / gigabytes, seconds_used(RUSAGE_CHILDREN) / gigabytes, (double)total / (double)calls,
           status == 0 ? "true" : "false");
}
