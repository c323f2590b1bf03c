# CUDA kernels: found by their compiler, never by a GPU. Sets SEEDAUG_WITH_CUDA.
#
# SEEDAUG_CUDA=auto builds them when nvcc is there; 1 insists; 0 leaves them out.
set(SEEDAUG_WITH_CUDA OFF)
string(TOLOWER "${SEEDAUG_CUDA}" cuda_wanted)
if(NOT cuda_wanted MATCHES "^(auto|1|0)$")
  message(FATAL_ERROR "seedaug: SEEDAUG_CUDA is auto, 1 or 0, not '${SEEDAUG_CUDA}'")
endif()
if(cuda_wanted STREQUAL "0")
  message(STATUS "seedaug: without CUDA (SEEDAUG_CUDA=0)")
  return()
endif()

set(SEEDAUG_CUDA_DEFAULT "/usr/local/cuda" CACHE PATH "Where the CUDA toolkit is looked for last")
find_program(SEEDAUG_NVCC nvcc NO_DEFAULT_PATH PATHS
  "$ENV{CUDA_HOME}/bin" "$ENV{CUDA_PATH}/bin" ENV PATH "${SEEDAUG_CUDA_DEFAULT}/bin")
if(NOT SEEDAUG_NVCC)
  if(cuda_wanted STREQUAL "1")
    message(FATAL_ERROR "seedaug: SEEDAUG_CUDA=1, but no nvcc in CUDA_HOME, PATH or ${SEEDAUG_CUDA_DEFAULT}; "
      "install the CUDA toolkit, set CUDA_HOME, or build with SEEDAUG_CUDA=0")
  endif()
  message(STATUS "seedaug: without CUDA (no nvcc in CUDA_HOME, PATH or ${SEEDAUG_CUDA_DEFAULT})")
  return()
endif()

string(REPLACE "," ";" cuda_archs "${SEEDAUG_CUDA_ARCHS}")
string(REPLACE "." "" cuda_archs "${cuda_archs}")
set(SEEDAUG_CUDA_ARCHS_BUILT "${cuda_archs}")
list(POP_BACK cuda_archs last_arch)
list(TRANSFORM cuda_archs APPEND "-real")
set(CMAKE_CUDA_ARCHITECTURES ${cuda_archs} ${last_arch})  # machine code for each, PTX for the last
set(CMAKE_CUDA_RUNTIME_LIBRARY Static)
set(CMAKE_CUDA_STANDARD 17)
set(CMAKE_CUDA_STANDARD_REQUIRED ON)
set(CMAKE_CUDA_VISIBILITY_PRESET hidden)
set(ENV{CUDACXX} "${SEEDAUG_NVCC}")
if(NOT DEFINED ENV{CUDAHOSTCXX})
  set(ENV{CUDAHOSTCXX} "${CMAKE_CXX_COMPILER}")
endif()

include(CheckLanguage)
check_language(CUDA)
if(NOT CMAKE_CUDA_COMPILER)
  message(FATAL_ERROR "seedaug: ${SEEDAUG_NVCC} cannot compile a test program with the host compiler "
    "$ENV{CUDAHOSTCXX} (CUDAHOSTCXX names another); or build with SEEDAUG_CUDA=0")
endif()
enable_language(CUDA)
set(CMAKE_CUDA_FLAGS_RELEASE "-O3 -DNDEBUG")

add_library(seedaug_cuda_flags INTERFACE)
target_include_directories(seedaug_cuda_flags INTERFACE "${PROJECT_SOURCE_DIR}" "${PROJECT_SOURCE_DIR}/csrc")
target_compile_options(seedaug_cuda_flags INTERFACE
  --fmad=false --expt-relaxed-constexpr --threads=2 -Xfatbin=-compress-all
  -Xcompiler=-ffp-contract=off,-fno-math-errno)

file(GLOB cuda_sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/cuda/*.cu")
if(NOT cuda_sources)
  set(SEEDAUG_CUDA_ARCHS_BUILT "")
  return()
endif()
set(SEEDAUG_WITH_CUDA ON)
message(STATUS "seedaug: with CUDA for ${SEEDAUG_CUDA_ARCHS_BUILT} by ${CMAKE_CUDA_COMPILER}")
