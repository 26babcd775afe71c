// One of the two stores of a copy: its operations, repeated while it is only busy. Thread-safe.
#pragma once

#include "gatehouse/base/error.hpp"
#include "gatehouse/dynamo/engine/engine.hpp"

#include <string>
#include <utility>
#include <string_view>

namespace gatehouse::dynamo {

class Side {
 public:
  Side(Engine& engine, std::string name) : engine_(engine), name_(std::move(name)) {}
  const std::string& name() const { return name_; }

  // Whether there is anything at all, asked once: a wrong address is told at once. Whether listing is allowed does not matter.
  Result<void> reach() const;
  // The answer of status 200. What is repeated may have been done before: for operations where that does not matter. The error
  // names the store, the operation, and what was answered last.
  Result<std::string> call(Operation operation, std::string_view body) const;
  // True, or false for ResourceNotFoundException, whose answer is empty.
  Result<bool> find(Operation operation, std::string_view body, std::string& answer) const;

 private:
  Engine& engine_;
  const std::string name_;
};

// The part of "__type" behind '#', and the message, of an error's JSON.
struct ToldFault {
  std::string type, message;
};
ToldFault read_fault(std::string_view json);

// Waits before try number `tries` + 1; false when it was tried for long enough.
bool pause_before_next(unsigned tries);

Error copy_error(std::string message);

}  // namespace gatehouse::dynamo
