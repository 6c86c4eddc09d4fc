<?php
/*
 * Runs one test of phpredis' RedisCluster class, in a process of its own, since what one of them dies of must not end the rest; without
 * a name, tells the names. It stands beside the suite's files while it runs (bench/phpredis/run puts it there).
 *
 * Prints PASSED, SKIPPED, or FAILED with the reasons behind it, a line each.
 */
define('PHPREDIS_TESTRUN', true);
foreach (['TestSuite', 'RedisTest', 'RedisClusterTest'] as $file) {
    require_once(dirname($_SERVER['PHP_SELF']) . "/$file.php");
}

if ($argc < 2) {
    foreach ((new ReflectionClass('Redis_Cluster_Test'))->getMethods(ReflectionMethod::IS_PUBLIC) as $method) {
        if (strpos($method->name, 'test') === 0) {
            echo $method->name, "\n";
        }
    }
    exit(0);
}

/* The suite's own errors, which it keeps to itself. */
class One extends Redis_Cluster_Test {
    public static function reasons() {
        return self::$errors;
    }
}

$name = $argv[1];
try {
    $test = new One('127.0.0.1', 0, null);
    $test->setUp();
    $test->$name();
    $reasons = One::reasons();
} catch (TestSkippedException $skipped) {
    echo "SKIPPED\n";
    exit(0);
} catch (Throwable $thrown) {
    $reasons = array_merge(One::reasons(), [get_class($thrown) . ': ' . $thrown->getMessage() . ' at line ' . $thrown->getLine()]);
}
echo $reasons ? 'FAILED' : 'PASSED', "\n";
foreach ($reasons as $reason) {
    echo '  ', preg_replace('/\s+/', ' ', trim(str_replace(__DIR__ . '/', '', $reason))), "\n";
}
