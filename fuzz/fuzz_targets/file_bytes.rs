#![no_main]

polyfind_fuzz::program!(file_bytes);
