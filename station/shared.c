/* The shared library is the static one, whole; a target needs a source. */
typedef int yinuo_shared_has_no_source_of_its_own;
