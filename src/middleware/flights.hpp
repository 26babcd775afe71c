// Work that several requests of one worker wait for, done once: the first to ask does it, or has it done, the others sleep until
// it is over. When who does it gives up (its client left), one of the others takes over. One worker's thread.
#pragma once

#include "gatehouse/crypto/secret_digest.hpp"
#include "gatehouse/net/ready_list.hpp"

#include <memory>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

namespace gatehouse::middleware {

template <class Result>
class Flights : public std::enable_shared_from_this<Flights<Result>> {
  struct Flight {
    std::optional<Result> result;
    bool over = false;
    std::vector<net::Waiter*> waiting;
  };
  using Shared = std::shared_ptr<Flight>;

  void end(const crypto::Sha256& name, const Shared& flight) {
    flight->over = true;
    flights_.erase(name);
    for (net::Waiter* const waiter : flight->waiting) waiter->wake();
  }

  std::unordered_map<crypto::Sha256, Shared, crypto::DigestHash> flights_;

 public:
  // Lands a flight later, on the worker's thread; whoever asked may be gone by then.
  class Landing {
   public:
    void operator()(Result result) const {
      flight_->result = std::move(result);
      flights_->end(name_, flight_);
    }
    void give_up() const { flights_->end(name_, flight_); }

   private:
    friend class Flights;
    Landing(std::shared_ptr<Flights> flights, const crypto::Sha256& name, Shared flight)
        : flights_(std::move(flights)), name_(name), flight_(std::move(flight)) {}
    std::shared_ptr<Flights> flights_;
    crypto::Sha256 name_;
    Shared flight_;
  };

  // A request's part in the flight of that name. Lives in its coroutine's frame; `waiter` outlives it.
  class Seat {
   public:
    Seat(Flights& flights, const crypto::Sha256& name, net::Waiter& waiter)
        : flights_(flights.shared_from_this()), name_(name), waiter_(waiter) {
      Shared& there = flights.flights_[name];
      pilot_ = !there;
      if (pilot_) there = std::make_shared<Flight>();
      flight_ = there;
      flight_->waiting.push_back(&waiter_);
    }
    ~Seat() {
      std::erase(flight_->waiting, &waiter_);
      if (pilot_ && !flight_->over) flights_->end(name_, flight_);
    }
    Seat(const Seat&) = delete;
    Seat& operator=(const Seat&) = delete;

    // True for the one who has to do the work, then land().
    bool pilot() const { return pilot_; }
    void land(Result result) {
      flight_->result = std::move(result);
      flights_->end(name_, flight_);
    }
    // The work goes on without this request, and ends with a call of what is returned.
    Landing hand_over() {
      pilot_ = false;
      return {flights_, name_, flight_};
    }
    bool over() const { return flight_->over; }
    // After over(): nothing when the pilot gave up.
    const std::optional<Result>& result() const { return flight_->result; }

   private:
    std::shared_ptr<Flights> flights_;
    crypto::Sha256 name_;
    net::Waiter& waiter_;
    Shared flight_;
    bool pilot_ = false;
  };

  std::size_t size() const { return flights_.size(); }
};

}  // namespace gatehouse::middleware
