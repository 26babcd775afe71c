// Two texts as numbers: one form for equal numbers, an order, exact sums, keys that sort as they do.
#include "fuzz/fuzz_support.hpp"
#include "gatehouse/dynamo/wire/key_codec.hpp"
#include "gatehouse/dynamo/wire/number.hpp"

#include <string>

namespace {

using namespace gatehouse::dynamo;
using gatehouse::testing::require;

bool normal(std::string_view text, std::string& to) {
  NumberText number;
  if (canonical_number(text, number) != NumberProblem::kNone) return false;
  to = number.view();
  NumberText again;
  require(canonical_number(to, again) == NumberProblem::kNone && again.view() == to, "a canonical form is its own",
          text);
  require(to.size() <= 170, "no longer than the longest", text);
  return true;
}

std::string key_of(const std::string& number) {
  std::string key;
  append_number_key(key, number);
  std::string_view from = key;
  std::string back;
  require(take_number_key(from, back) && from.empty() && back == number, "a key gives its number back", number);
  return key;
}

int sign(int value) { return (value > 0) - (value < 0); }

void check_pair(const std::string& a, const std::string& b) {
  const int order = sign(compare_numbers(a, b));
  require(order == -sign(compare_numbers(b, a)), "an order", a + " " + b);
  require((order == 0) == (a == b), "equal numbers are equal texts", a + " " + b);
  require(order == sign(key_of(a).compare(key_of(b))), "keys in the order of the numbers", a + " " + b);

  NumberText sum;
  const NumberProblem problem = add_numbers(a, b, sum);
  NumberText other;
  require(add_numbers(b, a, other) == problem, "addition commutes", a + " " + b);
  NumberText difference;
  const NumberProblem subtracted = subtract_numbers(a, b, difference);
  if (subtracted == NumberProblem::kNone) {
    require(sign(compare_numbers(difference.view(), "0")) == order, "the sign of the difference", a + " " + b);
    NumberText back;
    require(add_numbers(difference.view(), b, back) == NumberProblem::kNone && back.view() == a, "(a - b) + b is a",
            a + " " + b);
  }
  if (problem != NumberProblem::kNone) return;
  require(sum.view() == other.view(), "addition commutes", a + " " + b);
  NumberText back;
  require(subtract_numbers(sum.view(), b, back) == NumberProblem::kNone && back.view() == a, "(a + b) - b is a",
          a + " " + b);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = gatehouse::testing::text_of(data, size);
  const std::size_t split = text.find(';');
  std::string a;
  std::string b;
  const bool first = normal(text.substr(0, split), a);
  if (first) require(number_size(a) >= 1 && number_size(a) <= 22, "a size", a);
  if (first && split != std::string_view::npos && normal(text.substr(split + 1), b)) check_pair(a, b);
  return 0;
}
