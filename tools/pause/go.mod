module casa.io/tools/pause

go 1.26
