# _C (torch operators, independent of the Python version) and _core (pybind11), put into <build>/seedaug.
find_package(Python 3.10 REQUIRED COMPONENTS Interpreter Development.Module)
if(NOT SEEDAUG_TORCH_DIR)
  execute_process(
    COMMAND "${Python_EXECUTABLE}" "${PROJECT_SOURCE_DIR}/cmake/seedaug_build.py" cmake-arguments
    OUTPUT_VARIABLE found OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  foreach(line IN LISTS found)  # name=value;name=value
    string(REGEX MATCH "^([^=]+)=(.*)$" unused "${line}")
    set(${CMAKE_MATCH_1} "${CMAKE_MATCH_2}")
  endforeach()
endif()
find_package(pybind11 CONFIG REQUIRED)

set(package_dir "${PROJECT_BINARY_DIR}/seedaug")
file(GLOB torch_sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/csrc/torch/*.cpp")
file(GLOB numpy_sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/csrc/numpy/*.cpp")

if(SEEDAUG_WITH_CUDA)
  set(cuda_objects seedaug_cuda)
  add_library(seedaug_cuda OBJECT ${cuda_sources})
  target_link_libraries(seedaug_cuda PRIVATE seedaug_cuda_flags)
endif()

function(seedaug_module name)
  set_target_properties(${name} PROPERTIES
    LIBRARY_OUTPUT_DIRECTORY "${package_dir}" INSTALL_RPATH "" SKIP_BUILD_RPATH ON)
  target_link_libraries(${name} PRIVATE seedaug_cpu)
  if(CMAKE_SYSTEM_NAME STREQUAL "Linux")
    target_link_options(${name} PRIVATE "LINKER:--exclude-libs,ALL")
  endif()
endfunction()

# _C: libtorch.so stays NEEDED even where no symbol of its own is used, since a weak symbol is
# looked up through it at run time; `import torch` has loaded all three before (so there is no rpath).
if(torch_sources)
  add_library(_C MODULE ${torch_sources})
  seedaug_module(_C)
  set_target_properties(_C PROPERTIES PREFIX "" SUFFIX ".so")
  target_include_directories(_C SYSTEM PRIVATE "${SEEDAUG_TORCH_DIR}/include")
  target_compile_definitions(_C PRIVATE TORCH_TARGET_VERSION=0x020a000000000000)
  if(SEEDAUG_WITH_CUDA)
    target_compile_definitions(_C PRIVATE USE_CUDA SEEDAUG_WITH_CUDA)
    target_include_directories(_C SYSTEM PRIVATE ${CMAKE_CUDA_TOOLKIT_INCLUDE_DIRECTORIES})
    target_link_libraries(_C PRIVATE seedaug_cuda)
  endif()
  if(CMAKE_SYSTEM_NAME STREQUAL "Linux")
    target_link_options(_C PRIVATE "LINKER:--no-as-needed")
    if(NOT SEEDAUG_SANITIZE)
      target_link_options(_C PRIVATE "LINKER:--no-undefined")
    endif()
  endif()
  foreach(lib torch torch_cpu c10)
    target_link_libraries(_C PRIVATE
      "${SEEDAUG_TORCH_DIR}/lib/${CMAKE_SHARED_LIBRARY_PREFIX}${lib}${CMAKE_SHARED_LIBRARY_SUFFIX}")
  endforeach()
endif()

if(numpy_sources)
  pybind11_add_module(_core MODULE NO_EXTRAS ${numpy_sources})
  seedaug_module(_core)
  list(JOIN SEEDAUG_CUDA_ARCHS_BUILT "," cuda_archs)
  target_compile_definitions(_core PRIVATE
    SEEDAUG_VERSION="${SEEDAUG_VERSION}"
    SEEDAUG_TORCH_BUILT_WITH="${SEEDAUG_TORCH_VERSION}"
    SEEDAUG_CUDA_ARCHS="${cuda_archs}"
    $<$<BOOL:${SEEDAUG_WITH_CUDA}>:SEEDAUG_WITH_CUDA>)
endif()
