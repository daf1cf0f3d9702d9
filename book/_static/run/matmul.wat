;; C = A B for NumPy in the page, in float32; tools/site/python_in_page.py makes the
;; float64 version by changing the type's name.
;;
;; The NumPy of Pyodide comes without BLAS: its `@` is a plain triple loop. This one computes the same sums in the same
;; order, to the last bit, and keeps a tile of C, 4 rows of 32 bytes, in eight vectors while it goes along the sum. B is
;; read in rows of 32 bytes; where its rows are not contiguous (a transposed view) a panel of them is copied first.
;; The last tile in each direction is moved back to end where C ends: some numbers are computed twice. What is smaller
;; than a tile is left to NumPy's own loop, whose place in the table of functions is handed over as `data`.
(module
  (@custom "dylink.0" (before first) "\01\04\00\00\00\00") ;; a library that Python can load; it needs no memory
  (type $loop (func (param i32 i32 i32 i32)))
  (import "env" "memory" (memory 0))
  (import "env" "__indirect_function_table" (table 0 funcref))
  (import "env" "malloc" (func $malloc (param i32) (result i32)))
  (import "env" "free" (func $free (param i32)))
  (global $size i32 (i32.const 4)) ;; bytes of a number

  ;; A loop of a NumPy ufunc. args: the addresses of A, B and C. dims: matrices, rows m, length of the sum n, columns p.
  ;; steps, in bytes: between matrices A, B and C; along m and n in A; along n and p in B; along m and p in C.
  (func (export "kernel") (type $loop) (param $args i32) (param $dims i32) (param $steps i32) (param $data i32)
    (local $A i32) (local $B i32) (local $C i32) (local $matrices i32) (local $m i32) (local $n i32) (local $p i32)
    (local $A_m i32) (local $A_n i32) (local $B_n i32) (local $B_p i32) (local $C_m i32)
    (local $columns i32) (local $i i32) (local $j i32) (local $k i32)
    (local $copy i32) (local $panel i32) (local $next i32) (local $from i32) (local $to i32)
    (local $a v128) (local $b0 v128) (local $b1 v128) ;; a number of A four times over, a row of the panel
    (local $c00 v128) (local $c01 v128) (local $c10 v128) (local $c11 v128)
    (local $c20 v128) (local $c21 v128) (local $c30 v128) (local $c31 v128)

    (local.set $m (i32.load offset=4 (local.get $dims)))
    (local.set $n (i32.load offset=8 (local.get $dims)))
    (local.set $p (i32.load offset=12 (local.get $dims)))
    (local.set $columns (i32.div_u (i32.const 32) (global.get $size)))
    (if (i32.or (i32.lt_s (local.get $m) (i32.const 4))
          (i32.or (i32.lt_s (local.get $p) (local.get $columns))
            (i32.ne (i32.load offset=32 (local.get $steps)) (global.get $size))))
      (then (call_indirect (type $loop)
              (local.get $args) (local.get $dims) (local.get $steps) (i32.const 0) (local.get $data))
            (return)))

    (local.set $A (i32.load (local.get $args)))
    (local.set $B (i32.load offset=4 (local.get $args)))
    (local.set $C (i32.load offset=8 (local.get $args)))
    (local.set $A_m (i32.load offset=12 (local.get $steps)))
    (local.set $A_n (i32.load offset=16 (local.get $steps)))
    (local.set $B_n (i32.load offset=20 (local.get $steps)))
    (local.set $B_p (i32.load offset=24 (local.get $steps)))
    (local.set $C_m (i32.load offset=28 (local.get $steps)))
    (local.set $copy (call $malloc (i32.shl (local.get $n) (i32.const 5))))

    (local.set $matrices (i32.load (local.get $dims)))
    (block $finished (loop $matrix
      (br_if $finished (i32.eqz (local.get $matrices)))
      (local.set $j (i32.const 0))
      (loop $tiles_across
        (local.set $panel (i32.add (local.get $B) (i32.mul (local.get $j) (local.get $B_p))))
        (local.set $next (local.get $B_n))
        (if (i32.ne (local.get $B_p) (global.get $size)) (then
          ;; Copy the panel, column after column.
          (local.set $i (i32.const 0))
          (loop $column
            (local.set $from (i32.add (local.get $panel) (i32.mul (local.get $i) (local.get $B_p))))
            (local.set $to (i32.add (local.get $copy) (i32.mul (local.get $i) (global.get $size))))
            (local.set $k (local.get $n))
            (block $copied (loop $row
              (br_if $copied (i32.eqz (local.get $k)))
              (f32.store (local.get $to) (f32.load (local.get $from)))
              (local.set $from (i32.add (local.get $from) (local.get $B_n)))
              (local.set $to (i32.add (local.get $to) (i32.const 32)))
              (local.set $k (i32.sub (local.get $k) (i32.const 1)))
              (br $row)))
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br_if $column (i32.lt_u (local.get $i) (local.get $columns))))
          (local.set $panel (local.get $copy))
          (local.set $next (i32.const 32))))

        (local.set $i (i32.const 0))
        (loop $tiles_down
          (local.set $c00 (v128.const i32x4 0 0 0 0)) (local.set $c01 (v128.const i32x4 0 0 0 0))
          (local.set $c10 (v128.const i32x4 0 0 0 0)) (local.set $c11 (v128.const i32x4 0 0 0 0))
          (local.set $c20 (v128.const i32x4 0 0 0 0)) (local.set $c21 (v128.const i32x4 0 0 0 0))
          (local.set $c30 (v128.const i32x4 0 0 0 0)) (local.set $c31 (v128.const i32x4 0 0 0 0))
          (local.set $from (i32.add (local.get $A) (i32.mul (local.get $i) (local.get $A_m))))
          (local.set $to (local.get $panel))
          (local.set $k (local.get $n))
          (block $summed (loop $sum
            (br_if $summed (i32.eqz (local.get $k)))
            (local.set $b0 (v128.load (local.get $to)))
            (local.set $b1 (v128.load offset=16 (local.get $to)))
            (local.set $a (v128.load32_splat (local.get $from)))
            (local.set $c00 (f32x4.add (local.get $c00) (f32x4.mul (local.get $a) (local.get $b0))))
            (local.set $c01 (f32x4.add (local.get $c01) (f32x4.mul (local.get $a) (local.get $b1))))
            (local.set $a (v128.load32_splat (i32.add (local.get $from) (local.get $A_m))))
            (local.set $c10 (f32x4.add (local.get $c10) (f32x4.mul (local.get $a) (local.get $b0))))
            (local.set $c11 (f32x4.add (local.get $c11) (f32x4.mul (local.get $a) (local.get $b1))))
            (local.set $a (v128.load32_splat (i32.add (local.get $from) (i32.mul (local.get $A_m) (i32.const 2)))))
            (local.set $c20 (f32x4.add (local.get $c20) (f32x4.mul (local.get $a) (local.get $b0))))
            (local.set $c21 (f32x4.add (local.get $c21) (f32x4.mul (local.get $a) (local.get $b1))))
            (local.set $a (v128.load32_splat (i32.add (local.get $from) (i32.mul (local.get $A_m) (i32.const 3)))))
            (local.set $c30 (f32x4.add (local.get $c30) (f32x4.mul (local.get $a) (local.get $b0))))
            (local.set $c31 (f32x4.add (local.get $c31) (f32x4.mul (local.get $a) (local.get $b1))))
            (local.set $from (i32.add (local.get $from) (local.get $A_n)))
            (local.set $to (i32.add (local.get $to) (local.get $next)))
            (local.set $k (i32.sub (local.get $k) (i32.const 1)))
            (br $sum)))

          (local.set $to (i32.add (local.get $C) (i32.add
            (i32.mul (local.get $i) (local.get $C_m)) (i32.mul (local.get $j) (global.get $size)))))
          (v128.store (local.get $to) (local.get $c00)) (v128.store offset=16 (local.get $to) (local.get $c01))
          (local.set $to (i32.add (local.get $to) (local.get $C_m)))
          (v128.store (local.get $to) (local.get $c10)) (v128.store offset=16 (local.get $to) (local.get $c11))
          (local.set $to (i32.add (local.get $to) (local.get $C_m)))
          (v128.store (local.get $to) (local.get $c20)) (v128.store offset=16 (local.get $to) (local.get $c21))
          (local.set $to (i32.add (local.get $to) (local.get $C_m)))
          (v128.store (local.get $to) (local.get $c30)) (v128.store offset=16 (local.get $to) (local.get $c31))

          (local.set $k (i32.sub (local.get $m) (i32.add (local.get $i) (i32.const 4)))) ;; rows that are left
          (local.set $i (i32.add (local.get $i) (select (local.get $k) (i32.const 4) (i32.lt_s (local.get $k) (i32.const 4)))))
          (br_if $tiles_down (local.get $k)))
        (local.set $k (i32.sub (local.get $p) (i32.add (local.get $j) (local.get $columns)))) ;; columns that are left
        (local.set $j (i32.add (local.get $j)
          (select (local.get $k) (local.get $columns) (i32.lt_s (local.get $k) (local.get $columns)))))
        (br_if $tiles_across (local.get $k)))

      (local.set $A (i32.add (local.get $A) (i32.load (local.get $steps))))
      (local.set $B (i32.add (local.get $B) (i32.load offset=4 (local.get $steps))))
      (local.set $C (i32.add (local.get $C) (i32.load offset=8 (local.get $steps))))
      (local.set $matrices (i32.sub (local.get $matrices) (i32.const 1)))
      (br $matrix)))
    (call $free (local.get $copy))))
