# tests/native/*.cpp: one program each, in <build>/native_tests; built by the target of that name.
add_custom_target(native_tests)
file(GLOB native_test_sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/tests/native/*.cpp")
foreach(source IN LISTS native_test_sources)
  get_filename_component(stem "${source}" NAME_WE)
  add_executable(native_${stem} EXCLUDE_FROM_ALL "${source}")
  target_link_libraries(native_${stem} PRIVATE seedaug_cpu)
  set_target_properties(native_${stem} PROPERTIES
    OUTPUT_NAME "${stem}" RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/native_tests")
  add_dependencies(native_tests native_${stem})
endforeach()
