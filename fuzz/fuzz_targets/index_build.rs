#![no_main]

polyfind_fuzz::program!(index_build);
