# Flags that every source shares. Bit-equality rests on the first two: never add -ffast-math here.
#
# seedaug_flags carries them to C++ sources; nvcc's are in cuda.cmake.
add_library(seedaug_flags INTERFACE)
target_include_directories(seedaug_flags INTERFACE "${PROJECT_SOURCE_DIR}" "${PROJECT_SOURCE_DIR}/csrc")
target_compile_options(seedaug_flags INTERFACE
  -ffp-contract=off
  -fno-math-errno
  "-ffile-prefix-map=${PROJECT_SOURCE_DIR}/="
  -Wall -Wextra)

set(CMAKE_CXX_FLAGS_RELEASE "-O3 -DNDEBUG")
if(SEEDAUG_SANITIZE)
  set(CMAKE_CXX_FLAGS_RELEASE "-O1 -g")
  set(sanitizers -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  target_compile_options(seedaug_flags INTERFACE ${sanitizers})
  target_link_options(seedaug_flags INTERFACE ${sanitizers})
endif()
