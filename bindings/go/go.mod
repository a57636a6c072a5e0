module polyfind

go 1.19
