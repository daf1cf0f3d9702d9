;; tanh in float32 for NumPy in the page, four numbers at a time; the C library's takes one, and thirty times as long.
;;
;;   tanh |x| = −e / (e + 2),  e = exp(z) − 1,  z = −2 |x|
;;
;; With z = k ln 2 + r, |r| ≤ ½ ln 2, and exp(r) − 1 = m, a polynomial, e = 2^k m + (2^k − 1). The constants are those of
;; `expf` in the Cephes library (Moshier). Right to 3 units in the last place; NumPy's own is to 2.
(module
  (@custom "dylink.0" (before first) "\01\04\00\00\00\00") ;; a library that Python can load; it needs no memory
  (import "env" "memory" (memory 0))

  (func $tanh (param $x v128) (result v128)
    (local $z v128) (local $k v128) (local $r v128) (local $m v128) (local $power v128) (local $e v128)
    (local.set $z (f32x4.mul (f32x4.splat (f32.const -2))
      (f32x4.min (f32x4.abs (local.get $x)) (f32x4.splat (f32.const 10))))) ;; tanh 10 is 1 to the last bit
    (local.set $k (f32x4.nearest (f32x4.mul (local.get $z) (f32x4.splat (f32.const 1.44269504)))))
    ;; r, with ln 2 in two parts, the first of which is exact
    (local.set $r (f32x4.sub (local.get $z) (f32x4.mul (local.get $k) (f32x4.splat (f32.const 0.693359375)))))
    (local.set $r (f32x4.add (local.get $r) (f32x4.mul (local.get $k) (f32x4.splat (f32.const 2.12194440e-4)))))
    (local.set $m (f32x4.splat (f32.const 1.9875691500e-4)))
    (local.set $m (f32x4.add (f32x4.mul (local.get $m) (local.get $r)) (f32x4.splat (f32.const 1.3981999507e-3))))
    (local.set $m (f32x4.add (f32x4.mul (local.get $m) (local.get $r)) (f32x4.splat (f32.const 8.3334519073e-3))))
    (local.set $m (f32x4.add (f32x4.mul (local.get $m) (local.get $r)) (f32x4.splat (f32.const 4.1665795894e-2))))
    (local.set $m (f32x4.add (f32x4.mul (local.get $m) (local.get $r)) (f32x4.splat (f32.const 1.6666665459e-1))))
    (local.set $m (f32x4.add (f32x4.mul (local.get $m) (local.get $r)) (f32x4.splat (f32.const 5.0000001201e-1))))
    (local.set $m (f32x4.add (f32x4.mul (f32x4.mul (local.get $m) (local.get $r)) (local.get $r)) (local.get $r)))
    ;; 2^k, by its bits
    (local.set $power (i32x4.shl
      (i32x4.add (i32x4.trunc_sat_f32x4_s (local.get $k)) (i32x4.splat (i32.const 127))) (i32.const 23)))
    (local.set $e (f32x4.add (f32x4.mul (local.get $power) (local.get $m))
      (f32x4.sub (local.get $power) (f32x4.splat (f32.const 1)))))
    ;; The sign is that of x.
    (v128.bitselect (local.get $x)
      (f32x4.div (f32x4.neg (local.get $e)) (f32x4.add (local.get $e) (f32x4.splat (f32.const 2))))
      (f32x4.splat (f32.const -0))))

  ;; A loop of a NumPy ufunc: addresses of the numbers and of the results, how many, the bytes from one to the next.
  (func (export "kernel") (param $args i32) (param $dims i32) (param $steps i32) (param $data i32)
    (local $from i32) (local $to i32) (local $left i32) (local $step_from i32) (local $step_to i32)
    (local.set $from (i32.load (local.get $args)))
    (local.set $to (i32.load offset=4 (local.get $args)))
    (local.set $left (i32.load (local.get $dims)))
    (local.set $step_from (i32.load (local.get $steps)))
    (local.set $step_to (i32.load offset=4 (local.get $steps)))
    (if (i32.and (i32.eq (local.get $step_from) (i32.const 4)) (i32.eq (local.get $step_to) (i32.const 4))) (then
      (block $few (loop $four
        (br_if $few (i32.lt_s (local.get $left) (i32.const 4)))
        (v128.store (local.get $to) (call $tanh (v128.load (local.get $from))))
        (local.set $from (i32.add (local.get $from) (i32.const 16)))
        (local.set $to (i32.add (local.get $to) (i32.const 16)))
        (local.set $left (i32.sub (local.get $left) (i32.const 4)))
        (br $four)))))
    (block $finished (loop $one ;; what is left, and what does not lie side by side
      (br_if $finished (i32.eqz (local.get $left)))
      (v128.store32_lane 0 (local.get $to) (call $tanh (v128.load32_splat (local.get $from))))
      (local.set $from (i32.add (local.get $from) (local.get $step_from)))
      (local.set $to (i32.add (local.get $to) (local.get $step_to)))
      (local.set $left (i32.sub (local.get $left) (i32.const 1)))
      (br $one)))))
