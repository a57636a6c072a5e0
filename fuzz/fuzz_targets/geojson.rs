#![no_main]

polyfind_fuzz::program!(geojson);
