// NVIDIA's driver as far as the core calls it, on a machine without a GPU: two devices, contexts that each thread
// stacks up for itself, and kernels that the shim runs. Where the real one refuses a call, this one does, too.
#include <cstring>
#include <string>
#include <vector>

namespace {

enum Status {
  SUCCESS = 0,
  INVALID_VALUE = 1,
  NOT_INITIALIZED = 3,
  INVALID_DEVICE = 101,
  INVALID_IMAGE = 200,
  INVALID_CONTEXT = 201,
  NOT_FOUND = 500,
};

struct Context {
  int device;
};
struct Module {
  int device;
};
struct Function {
  int device;
  std::string name;
};
using Launch = int (*)(const char*, unsigned, unsigned, void**);

constexpr int DEVICES = 2;
Context contexts[DEVICES] = {{0}, {1}};
thread_local std::vector<Context*> stack;
bool initialized = false;
int version = 13000, last_device = -1;
void* last_stream = nullptr;
Launch run = nullptr;

}  // namespace

extern "C" {

// For the tests: how kernels are run, what the driver says of itself, and what it saw last.
void pretend_launch_with(Launch launch) { run = launch; }
void pretend_version(int number) { version = number; }
int pretend_depth() { return static_cast<int>(stack.size()); }
int pretend_device() { return last_device; }
void* pretend_stream() { return last_stream; }

int cuInit(unsigned) { return initialized = true, SUCCESS; }

int cuDriverGetVersion(int* number) { return *number = version, SUCCESS; }

int cuGetErrorName(int status, const char** name) {
  if (status != INVALID_IMAGE && status != INVALID_CONTEXT) return INVALID_VALUE;
  *name = status == INVALID_IMAGE ? "CUDA_ERROR_INVALID_IMAGE" : "CUDA_ERROR_INVALID_CONTEXT";
  return SUCCESS;
}

int cuDeviceGet(int* device, int index) {
  if (!initialized) return NOT_INITIALIZED;
  return *device = index, index < DEVICES ? SUCCESS : INVALID_DEVICE;
}

int cuDevicePrimaryCtxRetain(void** context, int device) { return *context = &contexts[device], SUCCESS; }

int cuCtxPushCurrent_v2(void* context) { return stack.push_back(static_cast<Context*>(context)), SUCCESS; }

int cuCtxPopCurrent_v2(void** context) {
  if (stack.empty()) return INVALID_CONTEXT;
  *context = stack.back(), stack.pop_back();
  return SUCCESS;
}

int cuModuleLoadData(void** module, const void* image) {
  if (stack.empty()) return INVALID_CONTEXT;
  if (std::memcmp(image, "\x7f" "ELF", 4) != 0) return INVALID_IMAGE;
  return *module = new Module{stack.back()->device}, SUCCESS;
}

int cuModuleGetFunction(void** function, void* module, const char* name) {
  return *function = new Function{static_cast<Module*>(module)->device, name}, SUCCESS;
}

int cuLaunchKernel(void* function, unsigned blocks, unsigned blocks_y, unsigned blocks_z, unsigned threads,
                   unsigned threads_y, unsigned threads_z, unsigned shared, void* stream, void** arguments,
                   void** extra) {
  const Function* called = static_cast<Function*>(function);
  if (stack.empty() || stack.back()->device != called->device) return INVALID_CONTEXT;
  if (blocks == 0 || blocks_y * blocks_z * threads_y * threads_z != 1 || shared != 0 || extra != nullptr)
    return INVALID_VALUE;
  last_device = called->device, last_stream = stream;
  return run(called->name.c_str(), blocks, threads, arguments) == 0 ? SUCCESS : NOT_FOUND;
}

}  // extern "C"
