// What MSG_ZEROCOPY costs and does where there is no network card in between: a child receives, the parent sends.
//
//   zerocopy plain|zerocopy [PIECE-KiB] [BUFFERS] [MEGABYTES]
//
// Every piece is written anew before it is sent, as a cipher would. "plain" sends from one buffer again and again;
// "zerocopy" may reuse a buffer only after the kernel has said so in the socket's error queue.
#include "trial.h"

#include <linux/errqueue.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

enum { MOST_BUFFERS = 1024 };

static uint64_t notices, completed, copied, no_room, waits;
static unsigned sent_number[MOST_BUFFERS];  // the number of the send that uses the buffer, as the kernel counts
static unsigned all_done_below;             // all sends before this number are complete: TCP completes in order

static void receive_all(int listener, size_t total) {
    static char bytes[256 * 1024];
    int from = accept(listener, NULL, NULL);
    while (total > 0) {
        ssize_t count = recv(from, bytes, sizeof bytes, 0);
        if (count <= 0) _exit(1);
        total -= (size_t)count;
    }
    _exit(0);
}

static void read_notices(int socket) {
    for (;;) {
        char control[128];
        struct msghdr message = {.msg_control = control, .msg_controllen = sizeof control};
        if (CALL(recvmsg(socket, &message, MSG_ERRQUEUE)) < 0) {
            if (errno == EAGAIN) return;
            fail("recvmsg of the error queue");
        }
        struct sock_extended_err *notice = (struct sock_extended_err *)CMSG_DATA(CMSG_FIRSTHDR(&message));
        if (notice->ee_origin != SO_EE_ORIGIN_ZEROCOPY) fail("something else in the error queue");
        unsigned sends = notice->ee_data - notice->ee_info + 1;
        notices++;
        completed += sends;
        if (notice->ee_code & SO_EE_CODE_ZEROCOPY_COPIED) copied += sends;
        all_done_below = notice->ee_data + 1;
    }
}

static void wait_for_notice(int socket) {
    struct pollfd about = {.fd = socket, .events = 0};
    waits++;
    CALL(poll(&about, 1, -1));
    read_notices(socket);
}

int main(int count, char **words) {
    if (count < 2) return 2;
    bool zerocopy = strcmp(words[1], "zerocopy") == 0;
    size_t piece = (size_t)(count > 2 ? atoi(words[2]) : 128) * 1024;
    unsigned buffers = zerocopy ? (unsigned)(count > 3 ? atoi(words[3]) : 32) : 1;
    size_t total = (size_t)(count > 4 ? atoi(words[4]) : 1000) * 1000000 / piece * piece;
    if (buffers < 1 || buffers > MOST_BUFFERS) return 2;

    int listener = listen_on(0), yes = 1;
    struct sockaddr_in address;
    socklen_t size = sizeof address;
    getsockname(listener, (struct sockaddr *)&address, &size);
    pid_t child = fork();
    if (child == 0) receive_all(listener, total);
    int to = connect_to(ntohs(address.sin_port));
    no_delay(to);
    if (zerocopy && setsockopt(to, SOL_SOCKET, SO_ZEROCOPY, &yes, sizeof yes) != 0) fail("SO_ZEROCOPY");
    char *bytes = aligned_alloc(4096, buffers * piece);
    if (bytes == NULL) fail("aligned_alloc");
    memset(bytes, 1, buffers * piece);

    unsigned number = 0;  // of the next send that the kernel will give notice of
    for (size_t done = 0, turn = 0; done < total; done += piece, turn++) {
        unsigned buffer = (unsigned)(turn % buffers);
        while (zerocopy && turn >= buffers && (int)(all_done_below - sent_number[buffer]) <= 0) wait_for_notice(to);
        transform(bytes + buffer * piece, piece);
        for (size_t at = 0; at < piece;) {
            ssize_t sent = CALL(send(to, bytes + buffer * piece + at, piece - at, zerocopy ? MSG_ZEROCOPY : 0));
            if (sent < 0 && errno == ENOBUFS) {  // the limit for notices that nobody has read yet: optmem_max
                no_room++;
                wait_for_notice(to);
                continue;
            }
            if (sent < 0) fail("send");
            at += (size_t)sent;
            sent_number[buffer] = number;
            if (zerocopy) number++;
        }
    }
    while (zerocopy && all_done_below != number) wait_for_notice(to);

    int status = 0;
    waitpid(child, &status, 0);
    struct timespec used;
    struct rusage usage, of_child;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    getrusage(RUSAGE_SELF, &usage);
    getrusage(RUSAGE_CHILDREN, &of_child);
    double gigabytes = (double)total / 1e9, seconds = (double)used.tv_sec + (double)used.tv_nsec / 1e9;
    double received = (double)of_child.ru_utime.tv_sec + (double)of_child.ru_stime.tv_sec +
                      (double)(of_child.ru_utime.tv_usec + of_child.ru_stime.tv_usec) / 1e6;
    printf("{\"sender_cpu_s_per_GB\": %.4f, \"receiver_cpu_s_per_GB\": %.4f, \"calls_per_piece\": %.3f, "
           "\"notices\": %lu, \"completed\": %lu, \"copied\": %lu, \"no_room\": %lu, \"waits\": %lu, \"ok\": %s}\n",
           seconds / gigabytes, received / gigabytes, (double)counts.system_calls / ((double)total / (double)piece),
           notices, completed, copied, no_room, waits, status == 0 ? "true" : "false");
}
