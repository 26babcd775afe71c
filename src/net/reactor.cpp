// epoll, edge-triggered; the user data of an entry is its handler.
#include "gatehouse/net/reactor.hpp"

#include <sys/epoll.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <system_error>

namespace gatehouse::net {
namespace {

int control(int epoll, int operation, int fd, IoHandler* handler) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.ptr = handler;
  return ::epoll_ctl(epoll, operation, fd, &event);
}

}  // namespace

Reactor::Reactor() : epoll_(-1), events_(new epoll_event[kBatch]) {
  epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  if (epoll_ < 0) {
    const int error = errno;
    delete[] events_;
    throw std::system_error(error, std::generic_category(), "epoll_create1");
  }
}

Reactor::~Reactor() {
  ::close(epoll_);
  delete[] events_;
}

bool Reactor::add(int fd, IoHandler& handler) { return control(epoll_, EPOLL_CTL_ADD, fd, &handler) == 0; }

void Reactor::rearm(int fd, IoHandler& handler) { control(epoll_, EPOLL_CTL_MOD, fd, &handler); }

void Reactor::remove(int fd, IoHandler& handler) {
  control(epoll_, EPOLL_CTL_DEL, fd, nullptr);
  for (int i = next_; i < fetched_; ++i) {
    if (events_[i].data.ptr == &handler) events_[i].data.ptr = nullptr;
  }
}

bool Reactor::poll() {
  fetched_ = ::epoll_wait(epoll_, events_, kBatch, 0);
  if (fetched_ <= 0) {
    const bool interrupted = fetched_ < 0 && errno == EINTR;
    fetched_ = 0;
    return interrupted;
  }
  const bool busy = fetched_ >= kBusy;
  next_ = 0;
  while (next_ < fetched_) {
    const epoll_event event = events_[next_++];
    if (event.data.ptr != nullptr) static_cast<IoHandler*>(event.data.ptr)->on_io(event.events);
  }
  next_ = fetched_ = 0;
  return busy;
}

}  // namespace gatehouse::net
