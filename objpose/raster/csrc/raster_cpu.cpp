extern "C" __attribute__((visibility("default"))) int objpose_raster_abi_version() { return 1; }
