// c-ares as Swift sees it.
#ifndef SECURE_PROXY_CARES_SHIMS_H
#define SECURE_PROXY_CARES_SHIMS_H

#include <ares.h>

#endif
